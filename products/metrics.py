from prometheus_client import Counter

CATALOGUE_CACHE = Counter("coffeeshop_catalogue_cache", "Answers looked for in the catalogue's cache.", ["result"])
