// Run by the image once, when the data volume is new: each service gets a user that knows its own database alone.
for (const service of ["customers", "interactions", "loyalty", "notifications"]) {
  const name = `wafa_${service}`;
  db.getSiblingDB(name).createUser({
    user: service,
    pwd: process.env[`${service.toUpperCase()}_PASSWORD`],
    roles: [{ role: "readWrite", db: name }],
  });
}
