import httpProxy from "@fastify/http-proxy";
import Fastify from "fastify";

// The peer of a call: a proxy that does nothing but pass requests on. A process of its own.

const app = Fastify();
await app.register(httpProxy, { upstream: process.env.UPSTREAM ?? "" });
console.log(`listening on ${await app.listen({ host: "127.0.0.1", port: 0 })}`);
process.once("disconnect", () => process.exit());
