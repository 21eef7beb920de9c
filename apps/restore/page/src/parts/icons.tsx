// The few signs of the page, drawn with lines in the colour of the text beside them. They say nothing to a screen reader: the text does.
import type { ReactNode } from "react";

interface IconProps {
  /** In pixels. Default: 18. */
  readonly size?: number;
}

function Icon({ size = 18, children }: IconProps & { readonly children: ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const BoatIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M3 15h18l-2.4 4.4a2 2 0 0 1-1.8 1.1H7.2a2 2 0 0 1-1.8-1.1z" />
    <path d="M11 3.5V12H5z" />
    <path d="M14 6v6h5z" />
  </Icon>
);
export const AlertIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M12 8v5M12 16.5v.01" />
    <path d="M10.3 4 2.6 17.3A2 2 0 0 0 4.300 20.300h15.400a2 2 0 0 0 1.700-3L13.700 4a2 2 0 0 0-3.400 0z" />
  </Icon>
);
export const UserIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="12" cy="8" r="4" />
    <path d="M5 20.500c.600-3.500 3.400-5.500 7-5.500s6.400 2 7 5.500" />
  </Icon>
);
