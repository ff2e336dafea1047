"""Trains a small model on generated data and prints how well it does."""

from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from score.data import make_customers

TREES = 60

customers = make_customers(rows=2_000, seed=7)
train, test = train_test_split(customers, test_size=0.25, random_state=7)
features = ["age", "visits", "basket"]
model = RandomForestClassifier(n_estimators=TREES, random_state=7).fit(train[features], train["returns"])
print(f"score {model.score(test[features], test['returns']):.3f}  ({TREES} trees, {len(train)} rows)")
