/* Float32 rows -> their products with matrices of any number of bits, what single tokens attend to, and what lies between.

   Built and called by native.py.  Every number is added up by one thread, in an order that its own place decides: the
   same to the bit whatever rows stand beside it and however many threads there are.  The vectors are those of GCC and
   Clang (https://gcc.gnu.org/onlinedocs/gcc/Vector-Extensions.html), of eight floats whatever the CPU's width. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define EACH(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)

enum { LANES = 8, GROUP = 32, OUTS = 32, VECTORS = OUTS / LANES, ROWS = 3, LINE = 64 };
enum { AHEAD = 4096 }; /* bytes: over the end of a page, where the CPU's own reading ahead stops */
enum { BLOCK = 48 };   /* rows whose sums of OUTS outputs stay in the first cache */
enum { PIECES = 4 };   /* of a product for each thread: the last ones even out what some threads lost */
enum { FLOAT32, BF16, INT8, INT4 }; /* KINDS of native.py */

typedef float floats __attribute__((vector_size(4 * LANES)));
typedef uint32_t words __attribute__((vector_size(4 * LANES)));
typedef int32_t ints __attribute__((vector_size(4 * LANES)));
typedef uint16_t halves __attribute__((vector_size(2 * LANES)));
typedef int8_t bytes __attribute__((vector_size(LANES)));

INLINE floats load(const float *from) {
    floats x;
    memcpy(&x, from, sizeof x);
    return x;
}

INLINE void store(float *to, floats x) { memcpy(to, &x, sizeof x); }

INLINE floats of_bf16(const uint16_t *from) {
    halves narrow;
    memcpy(&narrow, from, sizeof narrow);
    return (floats)(__builtin_convertvector(narrow, words) << 16);
}

INLINE floats of_bytes(const int8_t *from) { /* GCC's own way takes four times as long */
#ifdef __AVX2__
    return (floats)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)from)));
#else
    bytes narrow;
    memcpy(&narrow, from, sizeof narrow);
    return __builtin_convertvector(__builtin_convertvector(narrow, ints), floats);
#endif
}

/* a * b + c, rounded once where the CPU can: built without contraction, as compilers decide by the loop around it where
   to contract, and the same sum would have other bits in another loop */
INLINE floats fused(floats a, floats b, floats c) {
#ifdef __FMA__
    return (floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return a * b + c;
#endif
}

INLINE float total(floats x) { return ((x[0] + x[4]) + (x[1] + x[5])) + ((x[2] + x[6]) + (x[3] + x[7])); }

INLINE floats choose(ints where, floats yes, floats no) { return (floats)((where & (ints)yes) | (~where & (ints)no)); }

/* e^x within two units of the last place: 2^n times a polynomial of what is left (Cephes, https://netlib.org/cephes/) */
INLINE floats exponential(floats x) {
    const floats most = (floats){0} + 88, least = (floats){0} - 87;
    x = choose(x > most, most, x); /* a NaN stays */
    x = choose(x < least, least, x);
    const floats shifted = x * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: what is behind the point falls off */
    const floats whole = shifted - 12582912.0f;
    const floats none = {0}, rest = fused(whole, none + 2.12194440e-4f, fused(whole, none - 0.693359375f, x));
    floats p = none + 1.9875691500e-4f;
    p = fused(p, rest, none + 1.3981999507e-3f);
    p = fused(p, rest, none + 8.3334519073e-3f);
    p = fused(p, rest, none + 4.1665795894e-2f);
    p = fused(p, rest, none + 1.6666665459e-1f);
    p = fused(p, rest, none + 5.0000001201e-1f);
    p = fused(p * rest, rest, rest + 1);
    return (floats)((ints)p + (__builtin_convertvector(whole, ints) << 23));
}

/* threads: those of torch's own OpenMP, so that none waits for a core where another spins */

static void (*parallel)(void (*)(void *), void *, unsigned, unsigned);
static int (*thread_number)(void), (*thread_count)(void);

void use_threads_of(void *gomp_parallel, void *omp_get_thread_num, void *omp_get_num_threads) {
    parallel = gomp_parallel;
    thread_number = omp_get_thread_num;
    thread_count = omp_get_num_threads;
}

static void share(void (*work)(void *), void *job, int threads) {
    if (threads > 1)
        parallel(work, job, (unsigned)threads, 0);
    else
        work(job);
}

/* this thread's part of `count` */
static void own_part(int threads, long count, long *first, long *end) {
    long number = threads > 1 ? thread_number() : 0, all = threads > 1 ? thread_count() : 1;
    *first = count * number / all;
    *end = count * (number + 1) / all;
}

/* products */

typedef struct {
    int kind;
    const float *x;      /* (in / GROUP, rows, GROUP): rows that lie a power of two apart would share a few cache lines */
    const void *weights; /* (out / OUTS, in, OUTS), read from one end to the other; INT4: (out / OUTS, in / 8, OUTS) of
                            32 bits, the first input's level lowest */
    const float *scales; /* INT8: (out); INT4: (out / OUTS, in / GROUP, 2, OUTS): a weight is (1 + level / 16) times the
                            first, plus the second */
    const float *sums;   /* INT4: (in / GROUP, rows), of the inputs of a group */
    float *y;            /* (rows, out) */
    long rows, in, out;
    long taken, piece;   /* of out / OUTS: a thread that has done its piece takes the next, as another may be kept waiting */
} Product;

/* LANES outputs' weights of input k + j, k a multiple of 8.  INT4: 1 + level / 16, which a mantissa says unconverted. */
INLINE floats widened(const int kind, const void *weights, long k, const int j, const int v) {
    if (kind == FLOAT32) return load((const float *)weights + (k + j) * OUTS + v * LANES);
    if (kind == BF16) return of_bf16((const uint16_t *)weights + (k + j) * OUTS + v * LANES);
    if (kind == INT8) return of_bytes((const int8_t *)weights + (k + j) * OUTS + v * LANES);
    words eight;
    memcpy(&eight, (const uint32_t *)weights + k / 8 * OUTS + v * LANES, sizeof eight);
    const words high = j < 5 ? eight << (19 - 4 * j) : eight >> (4 * j - 19);
    return (floats)((high & 0x00780000) | 0x3f800000);
}

/* OUTS outputs of some rows, and the inputs of one group: `sums` (rows, OUTS) grow.  `narrow` is the kind that `weights`
   have here, which may have been widened already; `step` bytes for each input are fetched from `ahead` meanwhile. */
INLINE void grow(const int kind, const int narrow, const Product *p, const void *weights, const char *ahead,
                 const int step, float *sums, long row, long unit, long group, const int rows) {
    floats sum[ROWS * VECTORS];
    const float *inputs = p->x + (group * p->rows + row) * GROUP;
    EACH(r, rows)
        EACH(v, VECTORS)
            sum[r * VECTORS + v] = group == 0 || kind == INT4 ? (floats){0} : load(sums + r * OUTS + v * LANES);
    const int stride = narrow == INT4 ? 8 : 1, fetched = stride * step; /* a word of INT4 is taken apart once */
    for (long k = 0; k < GROUP; k += stride) {
        EACH(line, (fetched + LINE - 1) / LINE) __builtin_prefetch(ahead + k * step + line * LINE);
        EACH(j, stride) {
            floats x[ROWS];
            EACH(r, rows) x[r] = (floats){0} + inputs[r * GROUP + k + j];
            EACH(v, VECTORS) {
                const floats weight = widened(narrow, weights, k, j, v);
                EACH(r, rows) sum[r * VECTORS + v] = fused(weight, x[r], sum[r * VECTORS + v]);
            }
        }
    }
    EACH(r, rows)
        EACH(v, VECTORS) {
            floats made = sum[r * VECTORS + v];
            float *to = sums + r * OUTS + v * LANES;
            if (kind == INT8 && group == p->in / GROUP - 1) made *= load(p->scales + unit * OUTS + v * LANES);
            if (kind == INT4) {
                const float *scales = p->scales + (unit * (p->in / GROUP) + group) * 2 * OUTS + v * LANES;
                const floats before = group == 0 ? (floats){0} : load(to);
                made = fused(made, load(scales), before);
                made = fused(load(scales + OUTS), (floats){0} + p->sums[group * p->rows + row + r], made);
            }
            store(to, made);
        }
}

/* rows first..end, of which `sums` begin with row `from` */
INLINE void grow_all(const int kind, const int narrow, const Product *p, const void *weights, const char *ahead,
                     const int step, float *sums, long from, long first, long end, long unit, long group) {
    long r = first;
    for (; r + ROWS <= end; r += ROWS)
        grow(kind, narrow, p, weights, ahead, step, sums + (r - from) * OUTS, r, unit, group, ROWS);
    if (r + 2 == end) grow(kind, narrow, p, weights, ahead, step, sums + (r - from) * OUTS, r, unit, group, 2);
    if (r + 1 == end) grow(kind, narrow, p, weights, ahead, step, sums + (r - from) * OUTS, r, unit, group, 1);
}

/* OUTS outputs of rows first..end */
INLINE void block(const int kind, const Product *p, long unit, long first, long end) {
    const int step = OUTS * (kind == FLOAT32 ? 32 : kind == BF16 ? 16 : kind == INT8 ? 8 : 4) / 8;
    const long groups = p->in / GROUP;
    float sums[BLOCK * OUTS];
    for (long g = 0; g < groups; g++) {
        const char *weights = (const char *)p->weights + (unit * groups + g) * GROUP * step;
        if (end - first < 2 * ROWS) { /* whole floats the CPU itself reads fast enough */
            const int far = kind == FLOAT32 ? 0 : step;
            grow_all(kind, kind, p, weights, weights + AHEAD, far, sums, first, first, end, unit, g);
            continue;
        }
        float wide[GROUP * OUTS]; /* many rows: taken apart once for all of them */
        const void *own = weights;
        if (kind != FLOAT32) {
            own = wide;
            for (long k = 0; k < GROUP; k += 8)
                EACH(j, 8)
                    EACH(v, VECTORS) store(wide + (k + j) * OUTS + v * LANES, widened(kind, weights, k, j, v));
        }
        grow(kind, FLOAT32, p, own, weights + GROUP * step, step, sums, first, unit, g, ROWS); /* and fetch the next */
        grow_all(kind, FLOAT32, p, own, NULL, 0, sums, first, first + ROWS, end, unit, g);
    }
    for (long r = first; r < end; r++)
        memcpy(p->y + r * p->out + unit * OUTS, sums + (r - first) * OUTS, sizeof(float) * OUTS);
}

INLINE void blocks(const int kind, Product *p) {
    const long units = p->out / OUTS;
    for (long first; (first = __atomic_fetch_add(&p->taken, p->piece, __ATOMIC_RELAXED)) < units;)
        for (long unit = first; unit < first + p->piece && unit < units; unit++)
            for (long row = 0; row < p->rows; row += BLOCK)
                block(kind, p, unit, row, row + BLOCK < p->rows ? row + BLOCK : p->rows);
}

static void of_a_thread(void *job) {
    Product *p = job;
    if (p->kind == FLOAT32) blocks(FLOAT32, p);
    if (p->kind == BF16) blocks(BF16, p);
    if (p->kind == INT8) blocks(INT8, p);
    if (p->kind == INT4) blocks(INT4, p);
}

/* x (rows, in), y (rows, out), out a multiple of OUTS, in of GROUP.  0, or 1 where memory ran out. */
int product(int kind, const float *x, const void *weights, const float *scales, float *y, long rows, long in, long out,
            int threads) {
    const long groups = in / GROUP, piece = out / OUTS / (threads * PIECES);
    float *made = NULL, *sums = NULL;
    if (rows > 1 || kind == INT4) {
        made = malloc(sizeof(float) * rows * (in + groups));
        if (made == NULL) return 1;
        sums = made + rows * in;
        for (long g = 0; g < groups; g++)
            for (long r = 0; r < rows; r++) {
                const float *from = x + r * in + g * GROUP;
                floats sum = {0};
                for (int c = 0; c < GROUP; c += LANES) {
                    sum += load(from + c);
                    store(made + (g * rows + r) * GROUP + c, load(from + c));
                }
                sums[g * rows + r] = total(sum);
            }
    }
    Product job = {kind, made ? made : x, weights, scales, sums, y, rows, in, out, 0, piece > 0 ? piece : 1};
    share(of_a_thread, &job, threads);
    free(made);
    return 0;
}

/* attention */

typedef struct {
    const float *q;               /* (n, heads, width) */
    float *keys, *values;         /* slot s, key head h, place p at s * of_slot + h * of_head + p * width */
    const int64_t *slots, *places; /* (n) */
    float *out;                   /* (n, heads, width) */
    float *scores;                /* (threads, longest) */
    long n, heads, key_heads, width, of_slot, of_head, window, longest;
    float scale;
    int threads;
} Attention;

/* of `count` positions, side by side */
INLINE void scores_of(const Attention *a, const float *q, const float *keys, float *scores, const int count) {
    floats sum[4] = {{0}};
    for (long c = 0; c < a->width; c += LANES)
        EACH(p, count) sum[p] = fused(load(q + c), load(keys + p * a->width + c), sum[p]);
    EACH(p, count) scores[p] = total(sum[p]) * a->scale;
}

INLINE void values_of(const Attention *a, const float *shares, const float *values, float all, long count, float *out,
                      const int vectors) {
    floats sum[4] = {{0}};
    for (long p = 0; p < count; p++)
        EACH(i, vectors) sum[i] = fused((floats){0} + shares[p], load(values + p * a->width + i * LANES), sum[i]);
    EACH(i, vectors) store(out + i * LANES, sum[i] / all);
}

static void attend_one(const Attention *a, long token, long key_head, float *scores) {
    const long group = a->heads / a->key_heads, width = a->width, place = a->places[token];
    const long first = a->window > 0 && place >= a->window ? place - a->window + 1 : 0, count = place - first + 1;
    const long at = a->slots[token] * a->of_slot + key_head * a->of_head + first * width;
    const float *keys = a->keys + at, *values = a->values + at;
    for (long g = 0; g < group; g++) {
        const long head = token * a->heads + key_head * group + g;
        float most = -INFINITY, all;
        long p = 0, c = 0;
        for (; p + 4 <= count; p += 4) scores_of(a, a->q + head * width, keys + p * width, scores + p, 4);
        for (; p < count; p++) scores_of(a, a->q + head * width, keys + p * width, scores + p, 1);
        for (p = 0; p < count; p++) most = scores[p] > most ? scores[p] : most;
        for (; p % LANES; p++) scores[p] = -INFINITY; /* whose share, 1e-38, is nothing beside the largest's 1 */
        floats sum = {0};
        for (p = 0; p < count; p += LANES) {
            const floats share = exponential(load(scores + p) - most);
            store(scores + p, share);
            sum += share;
        }
        all = total(sum);
        float *out = a->out + head * width;
        for (; c + 4 * LANES <= width; c += 4 * LANES) values_of(a, scores, values + c, all, count, out + c, 4);
        for (; c < width; c += LANES) values_of(a, scores, values + c, all, count, out + c, 1);
    }
}

static void attend_own_part(void *job) {
    const Attention *a = job;
    long first, end;
    own_part(a->threads, a->n * a->key_heads, &first, &end);
    float *scores = a->scores + (a->threads > 1 ? thread_number() : 0) * a->longest;
    for (long i = first; i < end; i++) attend_one(a, i / a->key_heads, i % a->key_heads, scores);
}

/* Write the k and v (n, key_heads, width) of n tokens, each of a sequence of its own, and attend with q.  A NaN stays
   in its own sequence.  window 0 is none.  Width a multiple of LANES.  0, or 1 where memory ran out. */
int attend(const float *q, const float *k, const float *v, float *keys, float *values, const int64_t *slots,
           const int64_t *places, float *out, long n, long heads, long key_heads, long width, long of_slot, long of_head,
           long window, float scale, int threads) {
    long longest = LANES;
    for (long i = 0; i < n; i++) {
        while (longest <= places[i]) longest += LANES;
        for (long h = 0; h < key_heads; h++) {
            long at = slots[i] * of_slot + h * of_head + places[i] * width;
            memcpy(keys + at, k + (i * key_heads + h) * width, sizeof(float) * width);
            memcpy(values + at, v + (i * key_heads + h) * width, sizeof(float) * width);
        }
    }
    float *scores = malloc(sizeof(float) * threads * longest);
    if (scores == NULL) return 1;
    Attention job = {q, keys, values, slots, places, out, scores, n, heads, key_heads, width, of_slot, of_head, window,
                     longest, scale, threads};
    share(attend_own_part, &job, threads);
    free(scores);
    return 0;
}

/* what lies between the products */

typedef struct {
    const float *x, *other; /* (rows, width); other: a norm's weight (width) or NULL, what a gate opens */
    const float *cos, *sin; /* (rows / heads, width / 2) */
    float *y;               /* (rows, width) */
    long rows, width, heads;
    float epsilon;
    int threads;
} Rows;

static void norm_own_part(void *job) {
    const Rows *a = job;
    long first, end;
    own_part(a->threads, a->rows, &first, &end);
    for (long r = first; r < end; r++) {
        const float *x = a->x + r * a->width;
        floats sum = {0};
        for (long c = 0; c < a->width; c += LANES) sum = fused(load(x + c), load(x + c), sum);
        const float scale = 1 / sqrtf(total(sum) / (float)a->width + a->epsilon);
        for (long c = 0; c < a->width; c += LANES) {
            const floats made = load(x + c) * scale;
            store(a->y + r * a->width + c, a->other == NULL ? made : made * load(a->other + c));
        }
    }
}

static void rotate_own_part(void *job) {
    const Rows *a = job;
    const long half = a->width / 2;
    long first, end;
    own_part(a->threads, a->rows, &first, &end);
    for (long r = first; r < end; r++)
        for (long c = 0; c < half; c++) {
            const float cos = a->cos[r / a->heads * half + c], sin = a->sin[r / a->heads * half + c];
            const float one = a->x[r * a->width + c], two = a->x[r * a->width + half + c];
            a->y[r * a->width + c] = one * cos + two * sin;
            a->y[r * a->width + half + c] = two * cos - one * sin;
        }
}

static void swiglu_own_part(void *job) {
    const Rows *a = job;
    long first, end;
    own_part(a->threads, a->rows, &first, &end);
    for (long i = first * a->width; i < end * a->width; i += LANES) {
        const floats x = load(a->x + i);
        store(a->y + i, x / (1 + exponential(-x)) * load(a->other + i));
    }
}

/* x / sqrt(mean of squares + epsilon), times the weight.  Width a multiple of LANES, here and in swiglu. */
void norm(const float *x, const float *weight, float *y, long rows, long width, float epsilon, int threads) {
    Rows job = {x, weight, NULL, NULL, y, rows, width, 1, epsilon, threads};
    share(norm_own_part, &job, threads);
}

/* as `rotate` of attention.py */
void rotate(const float *x, const float *cos, const float *sin, float *y, long rows, long width, long heads, int threads) {
    Rows job = {x, NULL, cos, sin, y, rows, width, heads, 0, threads};
    share(rotate_own_part, &job, threads);
}

/* x * sigmoid(x) * other */
void swiglu(const float *x, const float *other, float *y, long rows, long width, int threads) {
    Rows job = {x, other, NULL, NULL, y, rows, width, 1, 0, threads};
    share(swiglu_own_part, &job, threads);
}
