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
export const SearchIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="10.500" cy="10.500" r="6.500" />
    <path d="m20 20-4.800-4.800" />
  </Icon>
);
export const MailboxIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M4 13.500 6.500 5h11L20 13.500V18a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 18z" />
    <path d="M4 13.500h4.500l1 2.500h5l1-2.500H20" />
  </Icon>
);
export const ClipIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m19.500 11.500-7.400 7.400a4.600 4.600 0 0 1-6.500-6.500l7.700-7.700a3.100 3.100 0 0 1 4.300 4.300l-7.600 7.700a1.500 1.500 0 0 1-2.200-2.200l7-7" />
  </Icon>
);
export const FlagIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M6 21V4.500c4-2 7 2 12 0v9c-5 2-8-2-12 0" />
  </Icon>
);
export const AnsweredIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m9 6-5 5 5 5" />
    <path d="M4 11h9a6.500 6.500 0 0 1 6.500 6.500V19" />
  </Icon>
);
export const BackIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m14.500 6-6 6 6 6" />
  </Icon>
);
export const UpIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m6 14.500 6-6 6 6" />
  </Icon>
);
export const DownIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m6 9.500 6 6 6-6" />
  </Icon>
);
export const CloseIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m6.500 6.500 11 11m0-11-11 11" />
  </Icon>
);
