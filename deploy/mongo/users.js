// Run by the image once, when the data volume is new: each service gets a user that knows its own database alone, and
// backups one that reads them all.
const databases = {
  customers: "wafa_customers",
  interactions: "wafa_interactions",
  loyalty: "wafa_loyalty",
  notifications: "wafa_notifications",
  gateway: "wafa_gateway",
  web: "wafa_gateway",
};
const lines = require("fs").readFileSync(process.env.PASSWORDS_FILE, "utf8").trim().split("\n");
const passwords = Object.fromEntries(lines.map((line) => line.split("=")));
for (const [user, name] of Object.entries(databases)) {
  db.getSiblingDB(name).createUser({
    user,
    pwd: passwords[`${user.toUpperCase()}_PASSWORD`],
    roles: [{ role: "readWrite", db: name }],
  });
}
db.getSiblingDB("admin").createUser({
  user: "backup",
  pwd: passwords.BACKUP_PASSWORD,
  roles: [...new Set(Object.values(databases))].map((name) => ({ role: "read", db: name })),
});
