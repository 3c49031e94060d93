"""The demo's menu: what a real coffee shop sells, in English and Russian words."""

CUSTOMERS = [  # username, language, password
    ("anna", "en", "anna12345"),
    ("boris", "ru", "boris12345"),
]
ADMINISTRATOR = ("admin", "en", "admin123")

BRANCHES = [  # slug, name, address, phone, latitude, longitude, time zone, (opens, closes) of every weekday
    ("main", "CoffeeShop Kreuzberg", "Oranienstraße 25, Berlin", "+49 30 5550101", "52.500600", "13.421900",
     "Europe/Berlin", None),
    ("nevsky", "CoffeeShop Невский", "Невский проспект 24, Санкт-Петербург", "+7 812 5550102", "59.935700",
     "30.325900", "Europe/Moscow", ("08:00", "02:00")),
    ("brooklyn", "CoffeeShop Brooklyn", "Bedford Avenue 140, New York", "+1 718 5550103", "40.719200", "-73.956900",
     "America/New_York", ("07:00", "20:00")),
]  # fmt: skip

OPTION_GROUPS = {  # name: (at least, at most, [(option, price difference)])
    "Size · Размер": (1, 1, [("Small · 250 мл", "0.00"), ("Medium · 350 мл", "0.60"), ("Large · 450 мл", "1.10")]),
    "Milk · Молоко": (0, 1, [("Oat · овсяное", "0.70"), ("Coconut · кокосовое", "0.70"), ("Lactose-free", "0.40")]),
    "Syrup · Сироп": (0, 3, [("Vanilla · ваниль", "0.50"), ("Caramel · карамель", "0.50"), ("Nut · орех", "0.50")]),
    "Extra · Добавки": (0, 2, [("Extra shot · эспрессо", "0.90"), ("Without sugar", "0.00")]),
}  # fmt: skip

WITH_MILK = ["Size · Размер", "Milk · Молоко", "Syrup · Сироп", "Extra · Добавки"]
BLACK = ["Size · Размер", "Extra · Добавки"]
SIZED = ["Size · Размер"]

MENU = {  # category: [(name, price, description, option groups)]
    "Espresso · Эспрессо": [
        ("Espresso", "2.20", "A short, strong shot. Эспрессо.", []),
        ("Doppio", "2.90", "Two shots. Двойной эспрессо.", []),
        ("Ristretto", "2.30", "Half the water. Ристретто.", []),
        ("Americano", "2.80", "Espresso and hot water. Американо.", BLACK),
        ("Macchiato", "2.70", "Espresso marked with foam. Макиато.", ["Milk · Молоко"]),
    ],
    "Coffee with milk · Кофе с молоком": [
        ("Latte", "3.90", "Espresso and much steamed milk. Латте.", WITH_MILK),
        ("Cappuccino", "3.60", "Espresso, milk and foam. Капучино.", WITH_MILK),
        ("Flat white", "3.80", "Two ristretti and velvety milk. Флэт уайт.", WITH_MILK),
        ("Mocha", "4.30", "Latte with dark chocolate. Мокко.", WITH_MILK),
        ("Раф ванильный", "4.50", "Raf: espresso, cream and vanilla, foamed together.", WITH_MILK),
        ("Раф лавандовый", "4.70", "Raf with lavender.", WITH_MILK),
    ],
    "Filter · Фильтр": [
        ("Batch brew", "2.90", "Today's beans, brewed for many. Фильтр-кофе.", BLACK),
        ("V60", "4.20", "Poured by hand. Воронка.", []),
        ("AeroPress", "4.20", "Under pressure. Аэропресс.", []),
        ("Chemex for two", "6.90", "Clear and light. Кемекс на двоих.", []),
    ],
    "Cold · Холодное": [
        ("Iced latte", "4.20", "Latte over ice. Айс-латте.", WITH_MILK),
        ("Cold brew", "4.00", "Steeped for 16 hours. Колд брю.", BLACK),
        ("Espresso tonic", "4.40", "With tonic water. Эспрессо-тоник.", []),
        ("Бамбл", "4.60", "Bumble: espresso over orange juice and caramel.", []),
        ("Lemonade", "3.50", "Lemon, mint, soda. Лимонад.", SIZED),
    ],
    "Tea and cocoa · Чай и какао": [
        ("Earl Grey", "2.80", "Black tea with bergamot. Чёрный чай.", SIZED),
        ("Sencha", "2.90", "Japanese green tea. Зелёный чай.", SIZED),
        ("Облепиховый чай", "3.70", "Sea buckthorn, ginger and honey.", SIZED),
        ("Matcha latte", "4.60", "Whisked green tea with milk. Матча латте.", WITH_MILK),
        ("Cocoa", "3.60", "With marshmallows. Какао.", WITH_MILK),
    ],
    "Pastry · Выпечка": [
        ("Croissant", "2.60", "Butter, 27 layers. Круассан.", []),
        ("Almond croissant", "3.40", "Filled with almond cream. Круассан с миндалём.", []),
        ("Pain au chocolat", "3.10", "Two bars of chocolate. Булочка с шоколадом.", []),
        ("Cinnamon roll", "3.30", "Булочка с корицей.", []),
        ("Banana bread", "3.20", "Банановый хлеб.", []),
        ("Сырники", "5.40", "Curd pancakes with sour cream and jam.", []),
    ],
    "Cakes · Десерты": [
        ("New York cheesecake", "4.90", "Чизкейк.", []),
        ("Медовик", "4.80", "Honey cake of ten layers.", []),
        ("Carrot cake", "4.50", "Морковный торт.", []),
        ("Brownie", "3.60", "Брауни.", []),
        ("Картошка", "2.40", "A Russian truffle of biscuit and cocoa.", []),
    ],
    "Food · Еда": [
        ("Avocado toast", "7.90", "On rye, with a poached egg. Тост с авокадо.", []),
        ("Granola", "5.90", "With yoghurt and berries. Гранола.", []),
        ("Овсяная каша", "4.90", "Porridge with berries.", ["Milk · Молоко"]),
        ("Chicken sandwich", "6.80", "Сэндвич с курицей.", []),
        ("Quiche of the day", "6.20", "Киш дня.", []),
    ],
}

STOCK = {  # product: {branch: pieces}; what is not here is made to order
    "Croissant": {"main": 24, "nevsky": 12, "brooklyn": 30},
    "Almond croissant": {"main": 8},
    "New York cheesecake": {"main": 6, "brooklyn": 10},
    "Медовик": {"main": 0, "nevsky": 9},
}
PRICES = {"Latte": {"brooklyn": "5.20"}, "Cappuccino": {"brooklyn": "4.80"}}  # where a branch charges another price
UNLISTED = {"Картошка": ["brooklyn"]}
