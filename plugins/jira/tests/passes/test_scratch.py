import time, cProfile, pstats
def test_it(organisation):
    o = organisation("cloud")
    o.sync()
    for i in range(2):
        t=time.process_time(); o.sync(); print("incr", time.process_time()-t)
        t=time.process_time(); o.sync(full=True); print("full", time.process_time()-t)
    p=cProfile.Profile(); p.enable(); o.sync(full=True); p.disable()
    pstats.Stats(p).sort_stats("cumtime").print_stats(45)
