"""Pictures of the demo's drinks: `{file: SVG}`."""

from CoffeeShop.storefront.pictures.shapes import (
    CHOCOLATE,
    COFFEE,
    CREAM,
    CREMA,
    FOAM,
    GOLD,
    LEAF,
    MILK,
    ORANGE,
    STEEL,
    WOOD,
    berry,
    crema,
    cup,
    dust,
    glass,
    group,
    heart,
    ice,
    leaf,
    line,
    marshmallows,
    oval,
    path,
    rosetta,
    scattered,
    scene,
    shadow,
    slice_of,
    steam,
    straw,
)

BLUSH, OAT, SAGE, MINT, OLIVE = (
    ("#f0d2bd", "#d9a887"),
    ("#f4dfc4", "#ddb98f"),
    ("#dbe2cf", "#b5c2a0"),
    ("#cfe3e4", "#9fc3c6"),
    ("#e4e7c6", "#bfc592"),
)
LEMON = "#f4d04a"


def small(surface: str, art: str = "", china: str = "#fffaf2") -> str:
    return group(steam(320, 300) + cup(surface, width=112, height=128, china=china, art=art), x=-58, y=-84, size=1.18)


def large(surface: str, art: str = "", china: str = "#fffaf2") -> str:
    return steam(320, 232) + cup(surface, width=168, height=190, china=china, art=art)


def espresso() -> dict[str, str]:
    return {
        "espresso": scene(*BLUSH, small(COFFEE, crema(), "#b9481f")),
        "doppio": scene(
            *BLUSH,
            group(small(COFFEE, crema(), "#2f5d50"), x=-58, y=96, size=0.78),
            group(small(COFFEE, crema(), "#b9481f"), x=196, y=108, size=0.78),
        ),
        "ristretto": scene(*BLUSH, group(small(COFFEE, oval(0, 4, 70, 10, CREMA), "#33241c"), x=51, y=79, size=0.84)),
        "americano": scene(*BLUSH, large(COFFEE, crema(), "#2f5d50")),
        "macchiato": scene(*BLUSH, small(CREMA, oval(0, 0, 54, 13, FOAM), "#d98a5a")),
    }


def with_milk() -> dict[str, str]:
    mocha = glass(
        (0.9, FOAM),
        (0.78, "#c9946a"),
        (0.5, "#9a6240"),
        (0.2, CHOCOLATE),
        inside=line("M236 236q40 16 80-4t90 6", CHOCOLATE, 7),
    )
    raf = glass((0.92, FOAM), (0.74, "#e9c99c"), (0.3, "#d5a871"))
    return {
        "latte": scene(*OAT, glass((0.9, FOAM), (0.78, MILK), (0.52, "#cf9d6e"), (0.3, "#a8693e"), (0.18, CREAM))),
        "cappuccino": scene(*OAT, large(CREMA, dust("#8a5a3b"))),
        "flat-white": scene(*OAT, large("#b77b4b", heart(), "#33536b")),
        "mocha": scene(*OAT, mocha),
        "raf-vanilla": scene(*OAT, raf, group(vanilla(), x=430, y=250)),
        "raf-lavender": scene("#e6dced", "#bfa9cf", raf, group(lavender(), x=450, y=480)),
    }


def vanilla() -> str:
    petals = "".join(
        group(path("M0 0C-24-34-16-66 0-78 16-66 24-34 0 0z", "#fff4d6", stroke="#ecd08a", stroke_width=3), turn=turn)
        for turn in range(0, 360, 72)
    )
    return group(petals + oval(0, 0, 17, 17, GOLD), x=70, y=150, size=0.9) + line("M50 230Q20 120 66 40", CHOCOLATE, 10)


def lavender() -> str:
    stems = ""
    for shift, turn in ((-28, -14), (0, 2), (30, 16)):
        buds = "".join(oval(side * 10, -150 - row * 24, 11, 15, "#8b6bb0") for row in range(5) for side in (-1, 1))
        stems += group(line("M0 0V-150", LEAF, 6) + buds, x=shift, turn=turn)
    return stems


def filtered() -> dict[str, str]:
    server = path("M196 300h248l34 150q6 50-40 50H202q-46 0-40-50z", "#fff", opacity=".5") + path(
        "M178 390h284l16 62q6 48-40 48H202q-46 0-40-48z", COFFEE
    )
    dripper = (
        path("M190 150h260l-92 130h-76z", "#fffaf2")
        + path("M320 280h38l92-130h-60z", "#000", opacity=".08")
        + oval(320, 150, 130, 26, "#fffaf2")
        + oval(320, 152, 112, 19, "#8a5a3b")
        + path("M236 278h168v22H236z", "#e7d8c5")
    )
    chemex = path(
        "M214 120q20 130 66 170-76 60-100 150-14 56 40 56h200q54 0 40-56-24-90-100-150 46-40 66-170z",
        "#fff",
        opacity=".55",
    )
    chemex += (
        path("M196 400q-30 96 24 96h200q54 0 24-96z", COFFEE)
        + path("M262 252h116v66H262z", WOOD)
        + line("M262 284h116", "#6b3f22", 7)
        + oval(320, 122, 106, 20, "#fffaf2")
        + oval(320, 126, 88, 14, "#8a5a3b")
    )
    press = (
        path("M250 130h140v250H250z", "#8a979b", opacity=".45")
        + path("M250 258h140v122H250z", COFFEE)
        + path("M228 372h184v26H228z", STEEL)
        + path("M262 84h116v60H262z", STEEL)
        + oval(320, 84, 74, 16, "#3f4b4f")
    )
    pot = (
        path("M190 210h260l26 236q4 54-46 54H210q-50 0-46-54z", STEEL)
        + path("M400 210h50l26 236q4 54-46 54h-50z", "#000", opacity=".14")
        + path("M206 170h228v44H206z", "#33241c")
        + line("M466 262q78 30 14 156", "#33241c", 26)
        + line("M214 260l-12 150", "#fff", 12, opacity=".35")
    )
    return {
        "batch-brew": scene(*SAGE, shadow(320, 504, 180), pot),
        "v60": scene(
            *SAGE, shadow(320, 504, 180), line("M452 380q70 10 34 84", "#fff", 18, opacity=".6"), server, dripper
        ),
        "aeropress": scene(*SAGE, cup("#6b3f26", width=128, height=96, china="#b9481f"), press),
        "chemex-for-two": scene(*SAGE, shadow(320, 504, 180), chemex),
    }


def cold() -> dict[str, str]:
    cubes = ice((272, 300, 14), (360, 262, -18), (320, 360, 40))
    bubbles = "".join(
        oval(x, y, 6, 6, "#fff", opacity=".7") for x, y in ((280, 420), (330, 390), (362, 440), (300, 340), (350, 320))
    )
    return {
        "iced-latte": scene(
            *MINT, glass((0.88, "#b98253"), (0.62, MILK), (0.36, CREAM), inside=cubes, behind=straw("#b9481f"))
        ),
        "cold-brew": scene(*MINT, glass((0.86, "#4a2616"), inside=cubes, behind=straw("#2f5d50"), top=210)),
        "espresso-tonic": scene(
            *MINT,
            glass((0.9, COFFEE), (0.68, "#dfe9d8"), inside=cubes + bubbles),
            slice_of(LEMON, "#e0b52c", x=446, y=214, size=0.95),
        ),
        "bumble": scene(
            *MINT,
            glass((0.9, COFFEE), (0.6, ORANGE), (0.18, "#d97a1c"), inside=cubes, behind=straw("#33241c")),
            slice_of(ORANGE, "#d97a1c", x=450, y=430, size=1.15),
        ),
        "lemonade": scene(
            *MINT,
            glass((0.9, "#f6eb9c"), inside=cubes + bubbles, behind=straw("#5f8a4c")),
            slice_of(LEMON, "#e0b52c", x=212, y=206),
            leaf(330, 190, -30),
            leaf(330, 190, -100, 0.8),
        ),
    }


def tea() -> dict[str, str]:
    tag = (
        line("M214 312q-58 40-50 96", "#fff", 5)
        + path("M132 404h62v72h-62z", "#b9481f")
        + path("M148 422h30v30h-30z", "#fff", opacity=".8")
    )
    pot = path("M170 300q0-96 150-96t150 96q10 190-70 196H240q-80-6-70-196z", "#fff", opacity=".6") + path(
        "M172 330h296q4 160-68 166H240q-72-6-68-166z", ORANGE
    )
    pot += (
        line("M464 300q90 0 70 110-16 56-84 52", "#fff", 20, opacity=".75")
        + path("M176 300Q96 290 92 220l40-8q10 40 60 44z", "#fff", opacity=".75")
        + oval(320, 212, 96, 22, WOOD)
        + oval(320, 190, 22, 20, WOOD)
    )
    berries = scattered(
        berry("#ffbe3d"), (240, 380, 1), (300, 420, 1), (370, 380, 1), (410, 430, 1), (270, 450, 0.9), (340, 356, 0.9)
    )
    whisk = group(
        path("M-26 0h52l14 120h-80z", "#e3c58f")
        + line("M-20 20l-12 96M0 20v96M20 20l12 96", "#b9834f", 4)
        + path("M-20-70h40v74h-40z", "#d5ab6a"),
        x=118,
        y=372,
    )
    return {
        "earl-grey": scene(*OLIVE, large("#a9572a", china="#33536b"), tag),
        "sencha": scene(
            *OLIVE, large("#b9b552", leaf(-36, 10, 0, 0.7)), leaf(88, 510, -10, 0.9), leaf(110, 520, 40, 0.8)
        ),
        "sea-buckthorn-tea": scene(*OLIVE, shadow(320, 504, 190), pot, berries),
        "matcha-latte": scene(*OLIVE, large("#9db562", rosetta()), whisk),
        "cocoa": scene(*OLIVE, large("#7a4a30", marshmallows(), "#c9552c")),
    }
