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
  // Where the screen is narrow the table is laid out as a grid, which takes its roles away in some browsers.
  return (
    <table class="comparison" role="table">
      <caption class="visually-hidden">The answer beside what it must be</caption>
      <thead role="rowgroup">
        <tr role="row">
          <td role="cell" />
          <th scope="col" role="columnheader">
            came back, after <span class="comparison-time">{milliseconds(answer.milliseconds)}</span>
          </th>
          <th scope="col" role="columnheader">
            must be
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(({ what, must, is }) => (
          <tr key={what} role="row" class={wrong.has(what) ? "comparison-wrong" : undefined}>
            <th scope="row" role="rowheader">
              {what}
            </th>
            <td role="cell">
              <code>{is === "" ? "(empty)" : is}</code>
              {wrong.has(what) && <strong> differs</strong>}
            </td>
            <td role="cell">
              <code>{must}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
