/** Part of the Python scripts: logins that are mounted for one step alone, as a netrc file in memory. */
export const loginScript: string = String.raw`
def take_logins(arguments):
    """Splits off the leading --login ORIGIN=FILE and --netrc FILE."""
    logins, netrcs = [], ["/build/netrc"]
    while arguments and arguments[0] in ("--login", "--netrc"):
        option, value, *arguments = arguments
        if option == "--login":
            logins.append(value.split("=", 1))
        else:
            netrcs.insert(0, value)
    return logins, netrcs, arguments


def write_netrc(logins, netrcs):
    """The path of a file with all logins, in a file system in memory; None without any."""
    parts = []
    for origin, path in logins:
        with open(path) as file:
            user, _, password = file.read().strip().partition(":")
        host = urlsplit(origin).hostname
        parts.append("machine %s login %s password %s\n" % (host, unquote(user), unquote(password)))
    for path in netrcs:
        # Files of the machine are mounted where it has them.
        if os.path.exists(path):
            with open(path) as file:
                parts.append(file.read() + "\n")
    if not parts:
        return None
    path = "/build/private/netrc"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write("".join(parts))
    return path
`.trim();
