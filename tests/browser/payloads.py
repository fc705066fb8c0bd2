"""Texts that try to run `ran(NUMBER)` in the page that shows them, as a hostile model could write them.

After the families of https://cheatsheetseries.owasp.org/cheatsheets/XSS_Filter_Evasion_Cheat_Sheet.html and the
advisories of chat pages: elements, handlers, addresses, styles, broken nesting, Markdown's own ways in, and TeX.
"""

from itertools import count

ELEMENTS = [
    "<script>RUN</script>",
    "<ScRiPt >RUN</sCrIpT >",
    "<script src=data:text/javascript,RUN></script>",
    "<scr<script>ipt>RUN</scr</script>ipt>",
    "<img src=x onerror=RUN>",
    '<img src="x"onerror="RUN">',
    "<img/src=x/onerror=RUN>",
    "<IMG SRC=x ONERROR=RUN>",
    "<img src=x onerror\n=\nRUN>",
    '<img """><script>RUN</script>">',
    "<svg onload=RUN>",
    "<svg><script>RUN</script></svg>",
    "<svg><animate onbegin=RUN attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:RUN><text y=20>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=RUN>#x'>",
    "<math><maction actiontype=statusline xlink:href=javascript:RUN>x</maction></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror=RUN>",
    "<body onload=RUN>",
    "<details open ontoggle=RUN>x",
    "<video><source onerror=RUN>",
    "<audio src=x onerror=RUN>",
    "<input autofocus onfocus=RUN>",
    "<select autofocus onfocus=RUN>",
    "<textarea autofocus onfocus=RUN>",
    "<marquee onstart=RUN>x</marquee>",
    "<div onmouseover=RUN>x</div>",
    "<p style='animation: x' onanimationstart=RUN>x</p>",
    "<b onclick=RUN>눌러 보세요</b>",
    "<iframe src=javascript:RUN></iframe>",
    "<iframe srcdoc='<script>parent.RUN</script>'></iframe>",
    "<object data=javascript:RUN></object>",
    "<embed src=javascript:RUN>",
    "<form action=javascript:RUN><button>x</button></form>",
    "<form><button formaction=javascript:RUN>x</button></form>",
    "<a href=javascript:RUN>x</a>",
    "<a href='java\tscript:RUN'>x</a>",
    "<a href='&#106;avascript:RUN'>x</a>",
    "<a href='data:text/html,<script>RUN</script>'>x</a>",
    "<base href=javascript:RUN//>",
    "<meta http-equiv=refresh content='0;url=javascript:RUN'>",
    "<link rel=stylesheet href=data:,*{x:expression(RUN)}>",
    "<style>@import 'javascript:RUN';</style>",
    "<style><img src=x onerror=RUN></style>",
    "<noscript><p title='</noscript><img src=x onerror=RUN>'>",
    "<template><script>RUN</script></template>",
    "<!--><img src=x onerror=RUN>-->",
    "<![CDATA[><script>RUN</script>]]>",
    "<?xml version='1.0'?><script>RUN</script>",
    "&lt;script&gt;RUN&lt;/script&gt;",
    "<x contenteditable onblur=RUN>x</x>",
    "<dialog open onclose=RUN><form method=dialog><button>x</button></form></dialog>",
    "<img srcset='x 1x' sizes=1px onerror=RUN>",
]
AROUND = [  # where such an element can stand in Markdown
    "{}",
    "- {}",
    "> {}",
    "# {}",
    "| {} | 표 |\n|---|---|\n| {} | 가 |",
]
MARKDOWN = [
    "[x](javascript:RUN)",
    "[x](JaVaScRiPt:RUN)",
    "[x](java\\script:RUN)",
    "[x](javascript&colon;RUN)",
    "[x](&#x6A;avascript:RUN)",
    "[x](java%0ascript:RUN)",
    "[x](\x01javascript:RUN)",
    "[x]( javascript:RUN )",
    "[x](<javascript:RUN>)",
    "[x](<java\tscript:RUN>)",
    "[x](vbscript:RUN)",
    "[x](data:text/html,<script>RUN</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5SVU48L3NjcmlwdD4=)",
    "[x](blob:null/RUN)",
    "[x](//x.example/javascript:RUN)",
    '[x](https://x.example/"onclick="RUN)',
    "[x](https://x.example '\"onclick=\"RUN')",
    '[x](https://x.example "\'><img src=x onerror=RUN>")',
    "[<img src=x onerror=RUN>](https://x.example)",
    '![x](x" onerror="RUN)',
    '![" onerror="RUN](x)',
    "![x](javascript:RUN)",
    "<javascript:RUN>",
    "<https://x.example/<script>RUN</script>>",
    "[x]: javascript:RUN\n\n[x]",
    "[x][y]\n\n[y]: data:text/html,RUN",
    "https://x.example/<img src=x onerror=RUN>",
    "javascript:RUN",
    "```\n<script>RUN</script>\n```",
    "```html\n<script>RUN</script>\n<img src=x onerror=RUN>\n```",
    '```" onmouseover="RUN\nx\n```',
    "```<img src=x onerror=RUN>\nx\n```",
    "`<img src=x onerror=RUN>`",
    "`` `<svg onload=RUN>` ``",
    "**<img src=x onerror=RUN>**",
    "~~<svg onload=RUN>~~",
    '| a |\n|:-:" onclick="RUN|\n| b |',
    "<div\n\nonclick=RUN>",
]
TEX = [
    "\\href{javascript:RUN}{x}",
    "\\url{javascript:RUN}",
    "\\includegraphics{javascript:RUN}",
    "\\htmlClass{x}{\\htmlStyle{color:red}{x}} RUN",
    '\\htmlData{x=" onclick=RUN}{x}',
    '\\htmlId{x" onclick="RUN}{x}',
    "\\text{<img src=x onerror=RUN>}",
    "\\unknown{<script>RUN</script>}",
    "</span><img src=x onerror=RUN>",
    "\\def\\x{\\x\\x}\\x RUN",
    "\\color{red;background:url(javascript:RUN)}x",
    "\\tag{<svg onload=RUN>} x",
]


def payloads() -> list[str]:
    """About 300, each with a number of its own in place of RUN."""
    number = count(1)

    def numbered(text: str) -> str:
        while "RUN" in text:
            text = text.replace("RUN", f"ran({next(number)})", 1)
        return text

    elements = [around.replace("{}", element) for element in ELEMENTS for around in AROUND]
    formulas = [f"{mark}{tex}{mark}" for tex in TEX for mark in ("$", "$$")]
    return [numbered(text) for text in (*elements, *MARKDOWN, *formulas)]
