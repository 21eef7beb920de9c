// Colours and sizes of the whole page: one accent, grey for the rest, and text that anybody can read (contrast AA, light and dark).
import { type CSSVariablesResolver, createTheme } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "cyan",
  primaryShade: 9,
  autoContrast: true,
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif',
  headings: { fontWeight: "600" },
});

/** Mantine's own pale text is below what AA asks for. */
export const cssVariables: CSSVariablesResolver = ({ colors }) => ({
  variables: {
    // Below the darkest shade Mantine would go back to a lighter one.
    "--mantine-color-cyan-filled-hover": "#095c6b",
    "--mantine-primary-color-filled-hover": "#095c6b",
  },
  light: {
    "--mantine-color-dimmed": colors.gray[7],
    "--mantine-color-placeholder": colors.gray[7],
    "--mantine-color-error": colors.red[9],
    "--mantine-color-anchor": colors.cyan[9],
  },
  dark: {
    "--mantine-color-dimmed": colors.dark[1],
    "--mantine-color-placeholder": colors.dark[1],
    "--mantine-color-error": colors.red[4],
    "--mantine-color-anchor": colors.cyan[4],
  },
});
