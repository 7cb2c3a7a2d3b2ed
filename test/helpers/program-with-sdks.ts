import { readFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { useAiSdk, useAnthropic, useOpenAI } from "./sdk-scenarios.js";

// A program that knows nothing of VaultProof: it configures no client, and says what it got and what it was started with.

const result = {
  openai: await useOpenAI(new OpenAI()),
  anthropic: await useAnthropic(new Anthropic()),
  ai: await useAiSdk({ openai: {}, anthropic: {} }),
};
const processes = ["self", String(process.ppid)].flatMap((process) =>
  ["environ", "cmdline"].map((file) => readFileSync(`/proc/${process}/${file}`, "latin1")),
);
console.log(JSON.stringify({ result, processes }));
