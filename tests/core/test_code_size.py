from nakochat.core.code_size import code_size


def test_what_is_counted(tmp_path):
    package = tmp_path / "package"
    (package / "inner").mkdir(parents=True)
    (package / "a.py").write_text("x = '한글'\n", encoding="utf-8")
    (package / "inner" / "b.py").write_text("y = 1\nz = 2\n", encoding="utf-8")
    (package / "page.html").write_text("<p>\n" * 9)
    assert code_size(package) == {"files": 2, "lines": 3, "characters": 21, "tokens": 5, "lock_lines": 0}
    (tmp_path / "constraints.txt").write_text("# pins\ntorch==2.13.0\n\nnumpy==2.3.5\n")
    code_size.cache_clear()
    assert code_size(package)["lock_lines"] == 2
    code_size.cache_clear()
    assert code_size()["files"] > 200
