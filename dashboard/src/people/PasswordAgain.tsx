import { TextInput } from "@mantine/core";

interface Props {
  value: string;
  onChange: (password: string) => void;
}

/** The first field of a dialog that takes one's password once more. */
export function PasswordAgain({ value, onChange }: Props) {
  return (
    <TextInput
      label="Password"
      type="password"
      autoComplete="current-password"
      required
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      data-autofocus
    />
  );
}
