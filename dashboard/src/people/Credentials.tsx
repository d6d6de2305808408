import { TextInput } from "@mantine/core";
import { messageOf } from "../api/problem";

export interface Credentials {
  email: string;
  password: string;
}

interface Props {
  value: Credentials;
  onChange: (value: Credentials) => void;
  /** Whether the account is yet to be made: its password is new, and bounded. */
  fresh: boolean;
  /** Whether the address is given. */
  fixed?: boolean;
  /** Why they were refused. */
  error: unknown;
}

/** What people come in with; password managers know the fields. */
export function CredentialFields({ value, onChange, fresh, fixed = false, error }: Props) {
  return (
    <>
      <TextInput
        label="E-mail"
        type="email"
        autoComplete="username"
        required
        readOnly={fixed}
        value={value.email}
        onChange={(event) => onChange({ ...value, email: event.currentTarget.value })}
      />
      <TextInput
        label="Password"
        type="password"
        required
        {...(fresh
          ? { description: "At least 10 characters", autoComplete: "new-password", minLength: 10 }
          : { autoComplete: "current-password" })}
        value={value.password}
        error={error ? messageOf(error) : undefined}
        onChange={(event) => onChange({ ...value, password: event.currentTarget.value })}
      />
    </>
  );
}
