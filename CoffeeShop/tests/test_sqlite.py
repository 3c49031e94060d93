import pytest

from CoffeeShop.backends.sqlite import like


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("%латте%", "Матча Латте", True),
        ("латте", "ЛАТТЕ", True),
        ("лат_е", "латте", True),
        ("лат_е", "лате", False),
        (r"100\%", "100%", True),
        (r"100\%", "1000", False),
        (r"%\\%", "a\\b", True),
        ("%a.c%", "abc", False),
        ("%line%", "two\nlines", True),
        (None, "x", None),
        ("x", None, None),
    ],
)
def test_like_folds_case_in_every_alphabet(pattern, text, expected):
    assert like(pattern, text) is expected
