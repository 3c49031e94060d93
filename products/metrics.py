from prometheus_client import Counter

CATALOGUE_CACHE = Counter("coffeeshop_catalogue_cache", "Responses looked up in the catalogue's cache.", ["result"])
