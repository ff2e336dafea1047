from rich.text import Text

print(Text("report", style="bold").plain)
