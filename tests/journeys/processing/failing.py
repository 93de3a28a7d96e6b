from pathlib import Path

print("about to fail")
Path("/opt/ml/output/message").write_text("the columns are not those of last week")
raise KeyError("price")
