import t from "tap";
import { answerOf, setCallStage } from "../../helpers/call-stage.js";

void t.test(
  "the body that a share in clear came in is overwritten, whatever becomes of the call",
  async (t) => {
    const stage = await setCallStage(t);
    const clear = { share2_encrypted: undefined, share2: stage.share2 };
    const good = await stage.makeCall(clear);
    const calls: Record<string, [unknown, number]> = {
      "a call that goes through": [good, 200],
      "a replay": [good, 403],
      "a wrong share": [
        { ...(await stage.makeCall(clear)), share2: stage.share2.replace(/^..../, "AAAA") },
        422,
      ],
      "a path that cannot be read": [{ ...(await stage.makeCall(clear)), targetPath: "/a/../b" }, 400],
      "an app that is unknown": [{ ...(await stage.makeCall(clear)), appId: "nobody" }, 403],
      "a share that is no text": [{ ...(await stage.makeCall(clear)), share2: [stage.share2] }, 400],
      "a body that is no JSON": [`{"share2":"${stage.share2}"`, 400],
    };
    for (const [name, [call, status]] of Object.entries(calls)) {
      // Where Fastify puts a body together.
      const bodies: Buffer[] = [];
      const concat = Buffer.concat.bind(Buffer);
      const watch = t.intercept(Buffer, "concat", {
        value: (...args: Parameters<typeof concat>) => {
          const body = concat(...args);
          bodies.push(body);
          return body;
        },
      });
      t.match(await answerOf(await stage.send(call as Record<string, unknown>)), { status }, name);
      t.ok(
        bodies.some((body) => body.length > stage.share2.length && body.every((byte) => byte === 0)),
        "overwritten",
      );
      t.notOk(
        bodies.some((body) => body.includes(stage.share2.slice(8))),
        "in every copy",
      );
      watch.restore();
    }
  },
);
