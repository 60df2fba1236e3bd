// Makes the three members one replica set, and waits until it has a primary. Safe to repeat.
const NOT_YET_INITIALIZED = 94;
const PATIENCE = 120;
const hosts = ["mongodb-1:27017", "mongodb-2:27017", "mongodb-3:27017"];
const password = require("fs").readFileSync(process.env.MONGODB_ADMIN_PASSWORD_FILE, "utf8").trim();
const admin = connect(`mongodb://admin:${password}@${hosts[0]}/admin?directConnection=true`);

try {
  admin.runCommand({ replSetGetStatus: 1 });
} catch (error) {
  if (error.code !== NOT_YET_INITIALIZED) throw error;
  const members = hosts.map((host, number) => ({ _id: number, host }));
  admin.runCommand({ replSetInitiate: { _id: "wafa", members } });
}
for (let second = 0; !admin.runCommand({ hello: 1 }).primary; second += 1) {
  if (second === PATIENCE) throw new Error(`no primary after ${PATIENCE} seconds`);
  sleep(1000);
}
