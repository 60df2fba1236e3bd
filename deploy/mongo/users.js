// Run by the image once, when the data volume is new: each service gets a user that knows its own database alone.
const databases = {
  customers: "wafa_customers",
  interactions: "wafa_interactions",
  loyalty: "wafa_loyalty",
  notifications: "wafa_notifications",
  gateway: "wafa_gateway",
  web: "wafa_gateway",
};
for (const [user, name] of Object.entries(databases)) {
  db.getSiblingDB(name).createUser({
    user,
    pwd: process.env[`${user.toUpperCase()}_PASSWORD`],
    roles: [{ role: "readWrite", db: name }],
  });
}
