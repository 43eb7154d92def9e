"""From a pipeline that many begin with to one that the profile allows, as somebody would click through it."""


def test_an_example_is_mended_at_a_click(visiting):
    with visiting() as visit:
        visit.go()
        visit.page.get_by_role("link", name="Check").first.click()
        visit.page.get_by_role("heading", name="Check a pipeline", level=1).wait_for()
        visit.settle()
        assert visit.page.get_by_role("heading", name="Mirror horizontal").count() == 1
        shown = visit.page.get_by_alt_text("At its worst: Mirror horizontal, HorizontalFlip")
        assert shown.count() == 1
        visit.shot("check-findings")
        visit.page.get_by_role("button", name="Apply this fix").first.click()
        visit.page.get_by_role("heading", name="Mirror horizontal").wait_for(state="detached")
        visit.settle()
        visit.page.get_by_role("button", name="Apply all 5 fixes").click()
        visit.page.get_by_text("This pipeline stays inside").wait_for()
        visit.shot("check-mended")


def test_nothing_is_cut_off_in_a_narrow_window(visiting):
    with visiting("dark", 768) as visit:
        visit.go()
        visit.page.get_by_role("link", name="Check").first.click()
        visit.page.get_by_role("heading", name="Check a pipeline", level=1).wait_for()
        visit.settle()
        wide = visit.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= 768
        visit.shot("check-dark-768")
