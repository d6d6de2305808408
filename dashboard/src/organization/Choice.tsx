import { NativeSelect } from "@mantine/core";

interface Props {
  /** What is chosen here. */
  label: string;
  choices: readonly { value: string; label: string }[];
  chosen: string;
  onChoose: (value: string) => void;
}

/** A choice that concerns all pages: they begin anew, so that nothing of the other one stays on them. */
export function Choice({ label, choices, chosen, onChoose }: Props) {
  return (
    <NativeSelect
      aria-label={label}
      size="xs"
      data={[...choices]}
      value={chosen}
      onChange={(event) => {
        onChoose(event.currentTarget.value);
        window.location.assign("/");
      }}
    />
  );
}
