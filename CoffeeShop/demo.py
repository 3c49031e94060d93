"""The demo's menu: what a real coffee shop sells, in English and in Russian."""

CUSTOMERS = [  # username, language, password
    ("anna", "en", "anna12345"),
    ("boris", "ru", "boris12345"),
]
ADMINISTRATOR = ("admin", "en", "admin123")
STAFF = [  # of the main branch, with their positions
    ("vera", "en", "vera12345", "barista"),
    ("maria", "ru", "maria12345", "manager"),
]
PEOPLE = [ADMINISTRATOR, *CUSTOMERS, *(person[:3] for person in STAFF)]

# slug, name, in Russian, address, in Russian, phone, latitude, longitude, time zone, language, hours of every weekday
BRANCHES = [
    ("main", "CoffeeShop Kreuzberg", "CoffeeShop Кройцберг", "Oranienstraße 25, Berlin",
     "Ораниенштрассе 25, Берлин", "+49 30 5550101",
     "52.500600", "13.421900", "Europe/Berlin", "en", None),
    ("nevsky", "CoffeeShop Nevsky", "CoffeeShop Невский", "Nevsky Prospekt 24, St Petersburg",
     "Невский проспект 24, Санкт-Петербург", "+7 812 5550102",
     "59.935700", "30.325900", "Europe/Moscow", "ru", ("08:00", "02:00")),
    ("brooklyn", "CoffeeShop Brooklyn", "CoffeeShop Бруклин", "Bedford Avenue 140, New York",
     "Бедфорд-авеню 140, Нью-Йорк", "+1 718 5550103",
     "40.719200", "-73.956900", "America/New_York", "en", ("07:00", "20:00")),
]  # fmt: skip

OPTION_GROUPS = {  # name: (in Russian, at least, at most, [(option, in Russian, price difference)])
    "Size": ("Размер", 1, 1, [
        ("Small · 250 ml", "Маленький · 250 мл", "0.00"),
        ("Medium · 350 ml", "Средний · 350 мл", "0.60"),
        ("Large · 450 ml", "Большой · 450 мл", "1.10"),
    ]),
    "Milk": ("Молоко", 0, 1, [
        ("Oat", "Овсяное", "0.70"), ("Coconut", "Кокосовое", "0.70"), ("Lactose-free", "Безлактозное", "0.40"),
    ]),
    "Syrup": ("Сироп", 0, 3, [
        ("Vanilla", "Ваниль", "0.50"), ("Caramel", "Карамель", "0.50"), ("Nut", "Орех", "0.50"),
    ]),
    "Extra": ("Добавки", 0, 2, [
        ("Extra shot", "Ещё эспрессо", "0.90"), ("Without sugar", "Без сахара", "0.00"),
    ]),
}  # fmt: skip

INGREDIENTS = {"Oat milk": ("Овсяное молоко", "Oat"), "Coconut milk": ("Кокосовое молоко", "Coconut")}  # of an option

WITH_MILK = ["Size", "Milk", "Syrup", "Extra"]
BLACK = ["Size", "Extra"]
SIZED = ["Size"]

# category: (in Russian, [(name, price, description, in Russian, option groups)])
MENU = {
    "Espresso": ("Эспрессо", [
        ("Espresso", "2.20", "A short, strong shot.", ("Эспрессо", "Короткий и крепкий."), []),
        ("Doppio", "2.90", "Two shots.", ("Доппио", "Двойной эспрессо."), []),
        ("Ristretto", "2.30", "Half the water.", ("Ристретто", "Вдвое меньше воды."), []),
        ("Americano", "2.80", "Espresso and hot water.", ("Американо", "Эспрессо и горячая вода."), BLACK),
        ("Macchiato", "2.70", "Espresso marked with foam.", ("Макиато", "Эспрессо с каплей пены."), ["Milk"]),
    ]),
    "Coffee with milk": ("Кофе с молоком", [
        ("Latte", "3.90", "Espresso and much steamed milk.", ("Латте", "Эспрессо и много горячего молока."), WITH_MILK),
        ("Cappuccino", "3.60", "Espresso, milk and foam.", ("Капучино", "Эспрессо, молоко и пена."), WITH_MILK),
        ("Flat white", "3.80", "Two ristretti and velvety milk.",
         ("Флэт уайт", "Два ристретто и бархатистое молоко."), WITH_MILK),
        ("Mocha", "4.30", "Latte with dark chocolate.", ("Мокко", "Латте с тёмным шоколадом."), WITH_MILK),
        ("Raf vanilla", "4.50", "Espresso, cream and vanilla, foamed together.",
         ("Раф ванильный", "Эспрессо, сливки и ваниль, взбитые вместе."), WITH_MILK),
        ("Raf lavender", "4.70", "Raf with lavender.", ("Раф лавандовый", "Раф с лавандой."), WITH_MILK),
    ]),
    "Filter": ("Фильтр", [
        ("Batch brew", "2.90", "Today's beans, brewed for many.",
         ("Фильтр-кофе", "Зёрна дня, сваренные на всех."), BLACK),
        ("V60", "4.20", "Poured by hand.", ("Воронка V60", "Пролив вручную."), []),
        ("AeroPress", "4.20", "Under pressure.", ("Аэропресс", "Под давлением."), []),
        ("Chemex for two", "6.90", "Clear and light.", ("Кемекс на двоих", "Чистый и лёгкий."), []),
    ]),
    "Cold": ("Холодное", [
        ("Iced latte", "4.20", "Latte over ice.", ("Айс-латте", "Латте со льдом."), WITH_MILK),
        ("Cold brew", "4.00", "Steeped for 16 hours.", ("Колд брю", "Настаивается 16 часов."), BLACK),
        ("Espresso tonic", "4.40", "With tonic water.", ("Эспрессо-тоник", "С тоником."), []),
        ("Bumble", "4.60", "Espresso over orange juice and caramel.",
         ("Бамбл", "Эспрессо, апельсиновый сок и карамель."), []),
        ("Lemonade", "3.50", "Lemon, mint, soda.", ("Лимонад", "Лимон, мята, содовая."), SIZED),
    ]),
    "Tea and cocoa": ("Чай и какао", [
        ("Earl Grey", "2.80", "Black tea with bergamot.", ("Эрл Грей", "Чёрный чай с бергамотом."), SIZED),
        ("Sencha", "2.90", "Japanese green tea.", ("Сенча", "Японский зелёный чай."), SIZED),
        ("Sea buckthorn tea", "3.70", "With ginger and honey.", ("Облепиховый чай", "С имбирём и мёдом."), SIZED),
        ("Matcha latte", "4.60", "Whisked green tea with milk.",
         ("Матча латте", "Взбитый зелёный чай с молоком."), WITH_MILK),
        ("Cocoa", "3.60", "With marshmallows.", ("Какао", "С маршмеллоу."), WITH_MILK),
    ]),
    "Pastry": ("Выпечка", [
        ("Croissant", "2.60", "Butter, 27 layers.", ("Круассан", "На сливочном масле, 27 слоёв."), []),
        ("Almond croissant", "3.40", "Filled with almond cream.",
         ("Круассан с миндалём", "С миндальным кремом."), []),
        ("Pain au chocolat", "3.10", "Two bars of chocolate.", ("Булочка с шоколадом", "Две палочки шоколада."), []),
        ("Cinnamon roll", "3.30", "Warm, with icing.", ("Булочка с корицей", "Тёплая, с глазурью."), []),
        ("Banana bread", "3.20", "With walnuts.", ("Банановый хлеб", "С грецким орехом."), []),
        ("Syrniki", "5.40", "Curd pancakes with sour cream and jam.", ("Сырники", "Со сметаной и вареньем."), []),
    ]),
    "Cakes": ("Десерты", [
        ("New York cheesecake", "4.90", "Baked, with a thin base.", ("Чизкейк «Нью-Йорк»", "На тонкой основе."), []),
        ("Medovik", "4.80", "Honey cake of ten layers.", ("Медовик", "Медовый торт из десяти коржей."), []),
        ("Carrot cake", "4.50", "With cream cheese.", ("Морковный торт", "Со сливочным сыром."), []),
        ("Brownie", "3.60", "Moist, of dark chocolate.", ("Брауни", "Влажный, из тёмного шоколада."), []),
        ("Kartoshka", "2.40", "A truffle of biscuit and cocoa.", ("Картошка", "Пирожное из бисквита и какао."), []),
    ]),
    "Food": ("Еда", [
        ("Avocado toast", "7.90", "On rye, with a poached egg.",
         ("Тост с авокадо", "На ржаном хлебе, с яйцом пашот."), []),
        ("Granola", "5.90", "With yoghurt and berries.", ("Гранола", "С йогуртом и ягодами."), []),
        ("Porridge", "4.90", "Of oats, with berries.", ("Овсяная каша", "С ягодами."), ["Milk"]),
        ("Chicken sandwich", "6.80", "With pickles.", ("Сэндвич с курицей", "С маринованными огурцами."), []),
        ("Quiche of the day", "6.20", "Ask what is in it today.", ("Киш дня", "Спросите, с чем он сегодня."), []),
    ]),
}  # fmt: skip

STOCK = {  # product: {branch: pieces}; what is not here is made to order
    "Croissant": {"main": 24, "nevsky": 12, "brooklyn": 30},
    "Almond croissant": {"main": 8},
    "New York cheesecake": {"main": 6, "brooklyn": 10},
    "Medovik": {"main": 0, "nevsky": 9},
}
LOW_FROM = {  # at so many left a branch wants to hear of it
    "Croissant": {"main": 6, "nevsky": 6, "brooklyn": 8},
    "Almond croissant": {"main": 3},
    "New York cheesecake": {"main": 2, "brooklyn": 2},
    "Medovik": {"main": 2, "nevsky": 2},
}
PROMO_CODE = ("WELCOME", "20.00")  # per cent, off the first order
STAMPS_NEEDED = 8
STAMPED = ["Espresso", "Coffee with milk", "Filter", "Cold", "Tea and cocoa"]  # categories: cups, and no cakes
PRICES = {"Latte": {"brooklyn": "5.20"}, "Cappuccino": {"brooklyn": "4.80"}}  # where a branch charges another price
UNLISTED = {"Kartoshka": ["brooklyn"]}
