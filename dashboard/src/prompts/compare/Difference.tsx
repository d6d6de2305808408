import { NativeSelect } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { plural } from "../../ui/format";
import { Parts } from "../Parts";
import { counted, difference } from "./difference";
import { WORDS } from "./words";
import styles from "./Compare.module.css";

/** An answer that is whole, by its column's id and letter. */
export interface Answer {
  id: number;
  letter: string;
  text: string;
}

/** What differs between two of the answers, word by word. */
export function Difference({ answers }: { answers: readonly Answer[] }) {
  const [chosen, choose] = useState<{ from?: number; to?: number }>({});
  const from = answers.find(({ id }) => id === chosen.from) ?? answers[0];
  const to = answers.find(({ id }) => id === chosen.to && id !== from?.id) ?? other(answers, from);
  const pick = (what: "from" | "to", letter: string) => {
    const id = answers.find((answer) => answer.letter === letter)?.id;
    if (id !== undefined) choose({ ...chosen, [what]: id });
  };
  return (
    <section className="panel" aria-labelledby="difference">
      <header className={styles.bar}>
        <h2 id="difference">{WORDS.difference.title}</h2>
        <span className="row tight">
          <Choice
            label={WORDS.difference.from}
            answers={answers}
            now={from}
            onPick={(to) => pick("from", to)}
          />
          <IconArrowRight size={15} aria-hidden />
          <Choice
            label={WORDS.difference.to}
            answers={answers.filter(({ id }) => id !== from?.id)}
            now={to}
            onPick={(letter) => pick("to", letter)}
          />
        </span>
      </header>
      {from && to ? <Between from={from} to={to} /> : <p className="inside quiet">{WORDS.difference.few}</p>}
    </section>
  );
}

const other = (answers: readonly Answer[], from: Answer | undefined): Answer | undefined =>
  answers.find(({ id }) => id !== from?.id);

interface ChoiceProps {
  label: string;
  answers: readonly Answer[];
  now: Answer | undefined;
  onPick: (letter: string) => void;
}

function Choice({ label, answers, now, onPick }: ChoiceProps) {
  return (
    <NativeSelect
      size="xs"
      aria-label={label}
      data={answers.map(({ letter }) => letter)}
      value={now?.letter ?? ""}
      disabled={answers.length < 2 && now === undefined}
      onChange={(event) => onPick(event.currentTarget.value)}
    />
  );
}

function Between({ from, to }: { from: Answer; to: Answer }) {
  const parts = useMemo(() => difference(from.text, to.text), [from.text, to.text]);
  const { added, removed } = counted(parts);
  const same = parts.every(({ change }) => change === "same");
  return (
    <>
      <p className="inside quiet small" role="status">
        {same
          ? WORDS.difference.same(from.letter, to.letter)
          : WORDS.difference.counts(from.letter, to.letter, plural(removed, "word"), plural(added, "word"))}
      </p>
      {same ? null : (
        <div role="group" aria-label={WORDS.difference.what(from.letter, to.letter)}>
          <Parts parts={parts} />
        </div>
      )}
    </>
  );
}
