import omnicrm

with omnicrm.open("my.db") as crm:
    ada = crm.session("ada@example.org")                      # a session is a user
    plan = ada.sync.preview("mail.mbox")                      # stores nothing but the plan
    print(plan.summary.messages, "messages,", plan.summary.contacts_to_create, "new contacts")
    batch = ada.sync.run(ada.sync.approve(plan), progress=True)
    for hit in ada.search("invoice after:2002-01-01"):
        print(f"{hit.occurred_at:%Y-%m-%d} {hit.people}: {hit.subject}")
