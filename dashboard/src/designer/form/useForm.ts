/** What the parts of the form share. */
import { createContext, useContext } from "react";
import type { Finding } from "../../api/types";
import type { Json, Operation } from "../patch";
import { put, unset } from "../patch";

export interface FormActions {
  /** Edits the definition as it is by then. */
  edit: (make: (doc: Json) => Operation[]) => void;
  /** Writes the word that a finding says was meant. */
  fix: (finding: Finding) => void;
  /** Why nothing can be edited; null where it can. */
  locked: string | null;
}

export const FormContext = createContext<FormActions>({
  edit: () => undefined,
  fix: () => undefined,
  locked: null,
});

export const FindingsContext = createContext<readonly Finding[]>([]);

export const useForm = (): FormActions => useContext(FormContext);
export const useFindings = (): readonly Finding[] => useContext(FindingsContext);

/** Says something at a place, or nothing any more. */
export function useSet(pointer: string): (value: Json | undefined) => void {
  const { edit } = useForm();
  return (value) => edit((doc) => (value === undefined ? unset(doc, pointer) : put(doc, pointer, value)));
}

/** The id of what edits a place, for problems to lead to. */
export const idOf = (pointer: string): string => `form:${pointer}`;
