// What a file may do when it is opened, by the ending of its name: that is what systems go by. Pure.

const PROGRAMS = new Set(
  (
    "app appimage apk bat bin cmd com command cpl deb dmg desktop docm dotm exe gadget hta htm html img inf ins iso jar js jse lnk msc msi msp mst pif pkg " +
    "pl potm ppam ppsm pptm ps1 psm1 py rb reg rpm scf scr sct service sh shb shs svg sys url vb vbe vbs vhd vhdx wsc wsf wsh xhtml xlam xll xlsm xltm xml"
  ).split(" "),
);

/** It may run as a program, or act like one. */
export const mayRun = (name: string): boolean => PROGRAMS.has(/\.([^.]+)$/.exec(name.trim().toLowerCase())?.[1] ?? "");
