"""What answers look like, and bodies of requests: the schemas that the OpenAPI document is made of."""
