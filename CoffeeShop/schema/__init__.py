"""The Swagger document: what every operation needs and can answer, beyond what its serializers say."""
