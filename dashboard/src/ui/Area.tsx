import { Textarea, type TextareaProps } from "@mantine/core";

interface Props extends Omit<TextareaProps, "rows" | "autosize" | "styles"> {
  /** Lines that there is always room for. */
  minRows: number;
  /** Lines from which on it scrolls. */
  maxRows?: number;
}

/** A text of several lines, as high as it is long. Where the browser cannot do that, the reader can. */
export function Area({ minRows, maxRows, ...props }: Props) {
  return (
    <Textarea
      {...props}
      rows={minRows}
      resize="vertical"
      styles={{
        input: {
          fieldSizing: "content",
          minHeight: `calc(${minRows}lh + 14px)`,
          ...(maxRows === undefined ? {} : { maxHeight: `calc(${maxRows}lh + 14px)` }),
        },
      }}
    />
  );
}
