import * as z from "zod/mini";
import "./schema-messages.js";

/** Answer of `GET /api/v1/keys/:keySlotId/logs` and `GET /api/v1/developers/logs`: newest first, times in Unix seconds. */
export const logsAnswerSchema = z.object({
  logs: z.array(
    z.object({
      id: z.number(),
      /** The row's number in its chain. */
      seq: z.number(),
      keySlotId: z.nullable(z.string()),
      appId: z.nullable(z.string()),
      /** The end user whom the call was proved to be of. */
      subject: z.nullable(z.string()),
      endpoint: z.nullable(z.string()),
      method: z.nullable(z.string()),
      statusCode: z.nullable(z.number()),
      latencyMs: z.nullable(z.number()),
      outcome: z.string(),
      /** 1, or how many refusals of this kind the row stands for. */
      count: z.number(),
      createdAt: z.number(),
    }),
  ),
  total: z.number(),
  page: z.number(),
});

export type LogsAnswer = z.infer<typeof logsAnswerSchema>;
export type LogEntry = LogsAnswer["logs"][number];
