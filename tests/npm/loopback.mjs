// Loaded before a test server (`node --import`). The servers bind every interface on a port that
// must be chosen for them; here they bind loopback only, and say which port the system chose.
import net from "node:net";

const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (port, ...rest) {
  this.once("listening", () => console.error(`loopback port ${this.address().port}`));
  return listen.call(this, { host: "127.0.0.1", port }, ...rest);
};
