import { ActionIcon, useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun, type Icon } from "@tabler/icons-react";

type Scheme = "light" | "dark" | "auto";

const SCHEMES: Record<Scheme, { word: string; icon: Icon; next: Scheme }> = {
  light: { word: "light", icon: IconSun, next: "dark" },
  dark: { word: "dark", icon: IconMoon, next: "auto" },
  auto: { word: "as the system", icon: IconDeviceDesktop, next: "light" },
};

/** Light, dark, as the system: one after the other. */
export function SchemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const { word, icon: Sign, next } = SCHEMES[colorScheme];
  const label = `Colours: ${word}. Switch to ${SCHEMES[next].word}`;
  return (
    <ActionIcon size="lg" aria-label={label} title={label} onClick={() => setColorScheme(next)}>
      <Sign size={17} />
    </ActionIcon>
  );
}
