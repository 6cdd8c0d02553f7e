"""A panic becomes an incident, an incident becomes alerts, an operator's answer a receipt."""
