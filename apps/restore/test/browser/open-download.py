# Opens a download of the page with nothing but Python: unpacks it into an empty directory and prints, as JSON, what each mailbox holds.
# It must never read our manifest: what it finds is what any other program would.
import glob
import hashlib
import json
import mailbox
import os
import sys
import zipfile

kind, packed, directory = sys.argv[1:]
with zipfile.ZipFile(packed) as whole:
    broken = whole.testzip()
    if broken is not None:
        sys.exit(f"{broken} is broken")
    whole.extractall(directory)


def told(data, flags=""):
    return {"sha256": hashlib.sha256(data).hexdigest(), "flags": flags}


found = {}
if kind == "zip":
    for path in glob.glob("**/*.eml", root_dir=directory, recursive=True):
        with open(os.path.join(directory, path), "rb") as file:
            found.setdefault(os.path.dirname(path), []).append(told(file.read()))
elif kind == "mbox":
    for path in glob.glob("**/*.mbox", root_dir=directory, recursive=True):
        box = mailbox.mbox(os.path.join(directory, path), create=False)
        # As mboxrd is read: a line of any number of ">" and "From " has one too many.
        held = [told(box.get_bytes(key).replace(b"\n>From ", b"\nFrom ")) for key in box.keys()]
        if held:
            found[path.removesuffix(".mbox")] = held
elif kind == "maildir":
    top = mailbox.Maildir(directory, create=False)
    for name in top.list_folders():
        box = top.get_folder(name)
        found[name] = [told(box.get_bytes(key), box.get_message(key).get_flags()) for key in box.keys()]
print(json.dumps(found))
