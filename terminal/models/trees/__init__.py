"""Ensembles of trees: random forest, LightGBM, XGBoost, CatBoost."""
