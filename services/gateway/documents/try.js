SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // The key is forgotten with the page, and nobody outside is asked whether the document is valid.
  persistAuthorization: false,
  validatorUrl: null,
});
