"""Short texts of eight kinds, written for this -> what `nako tok eval` measures where no file is given.

They show how a tokenizer treats each kind; a few hundred characters decide no second digit.  Figures that are compared
come from --file.
"""

import unicodedata

ENCYCLOPAEDIA = """\
제비는 참새목에 딸린 여름 철새로, 몸길이는 18 cm 안팎이다. 등은 푸른빛이 도는 검은색이고 배는 희며,
꼬리는 길게 둘로 갈라진다.
봄이면 남쪽에서 날아와 처마 밑에 진흙과 지푸라기로 둥지를 짓고, 한 해에 두 번까지 새끼를 친다.
날면서 모기나 파리 같은 벌레를 잡아먹기 때문에
예로부터 농사에 이로운 새로 여겨졌다. 도시가 커지고 흙으로 된 논둑이 줄면서 1980년대 이후 그 수가 빠르게 감소하였으며,
지방 자치 단체들은 2010년 무렵부터 번식 조사를 하고 있다. 이동 거리는 수천 킬로미터에 이르는 것으로 알려져 있다.
"""
LAW = """\
제7조(이용자의 권리) ① 이용자는 공공도서관의 자료를 차별 없이 이용할 권리를 가진다.
② 관장은 제1항에 따른 이용을 제한하려는 경우에는 그 사유와 기간을 미리 알려야 한다.
다만, 다음 각 호의 어느 하나에 해당하는 경우에는
그러하지 아니하다.
1. 다른 법령에서 정한 바에 따라 열람이 금지된 자료인 경우
2. 훼손될 우려가 있어 대통령령으로 정하는 바에 따라 보존하여야 하는 자료인 경우
제8조(과태료) 제7조제2항을 위반한 자에게는 100만원 이하의 과태료를 부과한다.
"""
REVIEWS = """\
기대 안 하고 봤는데 생각보다 훨씬 재밌었어요ㅋㅋㅋ 두 시간이 어떻게 갔는지 모르겠네요
초반은 좀 지루한데 마지막 20분 때문에 별 다섯 개 드립니다. 눈물 나요ㅠㅠ
배우들 연기는 좋은데 이야기가 산으로 감.. 돈 아까움
아이들이랑 같이 보기 딱 좋은 영화!! 노래도 다 좋고 또 보고싶다
솔직히 왜 이렇게 평점이 높은지 이해가 안됨. 나만 재미없나?
"""
CHAT = """\
내일 비 온다는데 우산 챙겼어?
아니, 아직. 몇 시쯤부터 온대?
오후 세 시부터래. 회의가 네 시니까 나올 때 꼭 가져가.
알겠어, 고마워! 그런데 회의 장소가 어디였지? 지난번에 말한 그 카페 맞아?
응, 거기 2층이야. 늦을 것 같으면 미리 연락해 줘. 자료는 내가 뽑아 갈게.
네가 없으면 우리 어떻게 하냐 진짜ㅎㅎ 저녁은 내가 살게!
"""
ENGLISH = """\
The swallow builds its nest under the eaves of old houses, where mud and straw dry quickly in the wind. Farmers used to
welcome the bird in spring, because it feeds on insects that it catches in flight. Since the fields around many towns
have been paved, fewer pairs return every year, and volunteers now count the nests and report them to the university.
"There were eleven on this street when I was a child," one of them said, "and last summer I couldn't find any."
"""
CODE = """\
from collections import Counter


def most_common_endings(words: list[str], length: int = 2) -> list[tuple[str, int]]:
    \"\"\"낱말의 끝 글자를 세어 많은 것부터 돌려줍니다.\"\"\"
    counts = Counter(word[-length:] for word in words if len(word) >= length)
    return [(ending, n) for ending, n in counts.most_common(10) if n > 1]


if __name__ == "__main__":
    for ending, n in most_common_endings(open("words.txt", encoding="utf-8").read().split()):
        print(f"{ending:<6}{n:>5}")
"""
NUMBERS = """\
2026년 11월 20일 기준 1달러는 1,387.50원, 100엔은 921.34원입니다.
전화 02-123-4567, 주문 번호 20261120-00482, 합계 3,450,000원 (부가세 10% 포함)
12 × 48 = 576, 576 ÷ 9 = 64, 1/3 ≈ 0.3333, 2^16 = 65536
인구 51,217,221명, 면적 100,449.4 ㎢, 1인당 37,194달러, 09:30~18:00
"""

SAMPLES: dict[str, str] = {
    "encyclopaedia": ENCYCLOPAEDIA,
    "law": LAW,
    "reviews": REVIEWS,
    "chat": CHAT,
    "english": ENGLISH,
    "code": CODE,
    "numbers": NUMBERS,
    "nfd": unicodedata.normalize("NFD", ENCYCLOPAEDIA),
}
