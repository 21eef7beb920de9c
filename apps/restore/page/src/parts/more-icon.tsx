// Three dots: there is more to be done here. It says nothing to a screen reader: the button has a name.
export function MoreIcon() {
  return (
    <svg width={18} height={18} viewBox="0 0 24 24" fill="currentColor" aria-hidden="true" focusable="false">
      <circle cx="12" cy="5" r="1.800" />
      <circle cx="12" cy="12" r="1.800" />
      <circle cx="12" cy="19" r="1.800" />
    </svg>
  );
}
