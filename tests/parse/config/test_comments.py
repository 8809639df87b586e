"""Comments to lvsdoctor in the files that configure a host."""

from lvsdoctor.parse.config import comments_in


def test_a_comment_is_about_the_next_line_that_configures_something() -> None:
    text = "# lvsdoctor: accept ADDR001 announced by this host\n# of the shop\n\nIPADDR=192.0.2.10\n"
    (comment,) = comments_in(text, "ifcfg-lo:0")
    assert (comment.seen.line, comment.about) == (1, 4)


def test_the_signs_of_all_these_files_begin_such_a_comment() -> None:
    for sign in ("#", ";", "!", "    #", "{#", "  {#-"):
        (comment,) = comments_in(f"{sign} lvsdoctor: accept ADDR001 why\nx = y\n", "x")
        assert comment.about == 2


def test_a_comment_at_the_end_is_about_nothing() -> None:
    (comment,) = comments_in("x = y\n# lvsdoctor: accept ADDR001 why\n", "x")
    assert comment.about is None
