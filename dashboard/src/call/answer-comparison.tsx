import { milliseconds } from "../ui/duration.js";
import { differences, type Answer, type Expectation } from "./answer.js";
import "./answer-comparison.css";

/** An answer beside what it must be, to the byte. */
export function AnswerComparison({
  expected,
  answer,
}: {
  readonly expected: Expectation;
  readonly answer: Answer;
}) {
  const wrong = new Set(differences(expected, answer).map(({ what }): string => what));
  const rows = [
    { what: "status", must: String(expected.status), is: String(answer.status) },
    { what: "body", must: expected.body, is: answer.body },
    ...(expected.source === undefined
      ? []
      : [{ what: "vp-source", must: expected.source, is: answer.source }]),
  ];
  return (
    <table class="comparison">
      <caption class="visually-hidden">The answer beside what it must be</caption>
      <thead>
        <tr>
          <td />
          <th scope="col">
            came back, after <span class="comparison-time">{milliseconds(answer.milliseconds)}</span>
          </th>
          <th scope="col">must be</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ what, must, is }) => (
          <tr key={what} class={wrong.has(what) ? "comparison-wrong" : undefined}>
            <th scope="row">{what}</th>
            <td>
              <code>{is === "" ? "(empty)" : is}</code>
              {wrong.has(what) && <strong> differs</strong>}
            </td>
            <td>
              <code>{must}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
