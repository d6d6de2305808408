/** Mantine's components in our tokens: they bring behaviour, the look is ours. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

/** All shades are the token: what differs between schemes is the token's business. */
const tuple = (token: string): MantineColorsTuple => {
  const shades = Array.from({ length: 10 }, () => `var(${token})`);
  return shades as unknown as MantineColorsTuple;
};

/** Mantine leaves its crosses without a name. */
const CLOSE = { "aria-label": "Close" };

export const theme = createTheme({
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--mono)",
  primaryColor: "accent",
  colors: { accent: tuple("--accent"), danger: tuple("--bad") },
  defaultRadius: "var(--radius)",
  cursorType: "pointer",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "18px" },
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Modal: { defaultProps: { transitionProps: { duration: 120 }, centered: true, closeButtonProps: CLOSE } },
    Drawer: { defaultProps: { transitionProps: { duration: 140 }, closeButtonProps: CLOSE } },
    Notification: { defaultProps: { closeButtonProps: CLOSE } },
    Menu: { defaultProps: { transitionProps: { duration: 100 }, shadow: "none" } },
    TextInput: { defaultProps: { size: "xs" } },
    NumberInput: { defaultProps: { size: "xs" } },
    Textarea: { defaultProps: { size: "xs" } },
    NativeSelect: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
  },
});

const shared = {
  "--mantine-color-body": "var(--ground)",
  "--mantine-color-text": "var(--text)",
  "--mantine-color-dimmed": "var(--text-quiet)",
  "--mantine-color-placeholder": "var(--text-quiet)",
  "--mantine-color-error": "var(--bad)",
  "--mantine-color-anchor": "var(--accent)",
  "--mantine-color-default": "var(--ground)",
  "--mantine-color-default-hover": "var(--ground-hover)",
  "--mantine-color-default-color": "var(--text)",
  "--mantine-color-default-border": "var(--line)",
  "--mantine-color-disabled": "var(--ground-hover)",
  "--mantine-color-disabled-color": "var(--text-quiet)",
  "--mantine-color-disabled-border": "var(--line)",
  "--mantine-color-accent-text": "var(--accent)",
  "--mantine-color-accent-filled": "var(--accent)",
  "--mantine-color-accent-filled-hover": "var(--accent-hover)",
  "--mantine-color-accent-light": "var(--accent-soft)",
  "--mantine-color-accent-light-color": "var(--accent)",
  "--mantine-color-accent-contrast": "var(--on-accent)",
  "--mantine-color-danger-filled": "var(--bad)",
  "--mantine-color-danger-filled-hover": "var(--bad-hover)",
  "--mantine-color-danger-light": "var(--bad-soft)",
  "--mantine-color-danger-light-hover": "var(--bad-soft)",
  "--mantine-color-danger-light-color": "var(--bad)",
  "--mantine-color-gray-light-color": "var(--text)",
  "--mantine-color-gray-light-hover": "var(--ground-hover)",
  "--mantine-primary-color-contrast": "var(--on-accent)",
};

export const variables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared });
