using Nvmepf.Hal.Mmio;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.SocModel;

public sealed unsafe class MemoryTests : IDisposable
{
    private const ulong Base = 0x2000_0000;
    private const ulong CarveOut = 0x3000_0000;
    private readonly CachedDram _dram = new(Base, 0x1_0000, CarveOut, 0x1_0000);
    private readonly Soc _soc;
    private readonly SocTrap _trap;

    public MemoryTests()
    {
        _soc = new Soc(new SocOptions { StartState = SocStartState.Powered }, _dram, new FakeHost());
        _trap = new SocTrap(_soc, _dram);
        RegisterTrap.Current = _trap;
    }

    public void Dispose()
    {
        RegisterTrap.Current = null;
        _trap.Dispose();
        _dram.Dispose();
    }

    [Fact]
    public void A_device_sees_the_cpus_store_only_after_a_clean()
    {
        _dram.View[100] = 7;
        Assert.Equal(7, DeviceByte(100));
        _dram.View[100] = 8;
        Assert.Equal(7, DeviceByte(100));
        Assert.Equal(1, _soc.Violations.Count(ViolationKind.StaleDeviceRead));
        CacheMaintenance.Clean(_dram.View + 100, 1);
        Assert.Equal(8, DeviceByte(100));
        Assert.Equal(1, _soc.Violations.Count(ViolationKind.StaleDeviceRead));
        Assert.Equal(1, _trap.LinesMaintained);
    }

    [Fact]
    public void The_cpu_sees_a_devices_write_only_after_an_invalidate()
    {
        _dram.TryWrite(Base + 200, [9]);
        Assert.Equal(0, _dram.View[200]);
        CacheMaintenance.Clean(_dram.View + 200, 1);
        Assert.Equal(0, _dram.View[200]);
        CacheMaintenance.CleanAndInvalidate(_dram.View + 200, 1);
        Assert.Equal(9, _dram.View[200]);
        Assert.Equal(0, _soc.Violations.Total);
    }

    [Fact]
    public void A_dirty_line_that_is_cleaned_overwrites_what_a_device_wrote()
    {
        _dram.TryWrite(Base + 0, [1]);
        _dram.View[32] = 5;
        CacheMaintenance.CleanAndInvalidate(_dram.View + 32, 1);
        Assert.Equal(1, _soc.Violations.Count(ViolationKind.DeviceWriteLost));
        Assert.Equal(0, DeviceByte(0));
        Assert.Equal(5, DeviceByte(32));
    }

    [Fact]
    public void Maintenance_covers_every_line_that_its_range_touches_and_no_other()
    {
        for (int i = 0; i < 256; i++)
        {
            _ = DeviceByte(i);
            _dram.View[i] = 1;
        }

        CacheMaintenance.Clean(_dram.View + 63, 66);
        Assert.Equal(3, _trap.LinesMaintained);
        Assert.Equal((1, 1, 1, 0), (DeviceByte(0), DeviceByte(64), DeviceByte(129), DeviceByte(192)));
    }

    [Fact]
    public void Lines_are_evicted_and_fetched_by_chance()
    {
        _dram.EvictionPerMillion = 1_000_000;
        _dram.TryWrite(Base + 0, [1]);
        int evicted = 0;
        for (int i = 0; i < 100; i++)
        {
            _dram.TryWrite(Base + 0, [(byte)i]);
            evicted += _dram.View[0] == i ? 1 : 0;
        }

        Assert.InRange(evicted, 10, 90);
        _dram.EvictionPerMillion = 0;
        _dram.RefetchPerMillion = 1_000_000;
        _dram.TryWrite(Base + 64, [3]);
        Assert.Equal(3, _dram.View[64]);
    }

    [Fact]
    public void A_reset_puts_memory_and_view_in_step()
    {
        _dram.TryWrite(Base, [1, 2, 3]);
        _dram.View[64] = 9;
        _dram.Reset(2, clear: false);
        Assert.Equal((0, 9), (DeviceByte(0), DeviceByte(64)));
        _dram.Reset(3, clear: true);
        Assert.Equal((0, 0), (DeviceByte(64), _dram.View[64]));
        Assert.Equal(0, _soc.Violations.Total);
    }

    [Fact]
    public void There_is_no_memory_outside_the_ranges()
    {
        Assert.False(_dram.TryRead(Base + 0x1_0000, new byte[1]));
        Assert.False(_dram.TryWrite(Base + 0xFFFF, new byte[2]));
        Assert.False(_dram.TryRead(Base - 1, new byte[2]));
        Assert.True(_dram.TryWrite(CarveOut + 0xFFFE, new byte[2]));
    }

    [Fact]
    public void The_carve_out_is_uncached_and_takes_aligned_accesses_only()
    {
        var words = (ulong*)_trap.CarveOut;
        Mmio.Write64(words + 1, 0x1122_3344_5566_7788);
        var seen = new byte[8];
        _dram.TryRead(CarveOut + 8, seen);
        Assert.Equal(0x1122_3344_5566_7788ul, BitConverter.ToUInt64(seen));
        _dram.TryWrite(CarveOut + 16, [1, 2, 3, 4]);
        Assert.Equal(0x0403_0201u, Mmio.Read32((uint*)(words + 2)));
        Assert.Equal(0, _soc.Violations.Total);
        Mmio.Write32((uint*)(_trap.CarveOut + 2), 1);
        Assert.Equal(1, _soc.Violations.Count(ViolationKind.UnalignedAccess));
    }

    [Fact]
    public void The_trap_leads_each_block_to_its_registers()
    {
        Assert.Equal(0x3588_1D87u, Mmio.Read32((uint*)_trap.Dbi));
        Mmio.Write32((uint*)(_trap.Apb + 0x180), 0x0012_0012);
        Assert.Equal(0x12u, Mmio.Read32((uint*)(_trap.Apb + 0x180)));
        Assert.Equal(0u, Mmio.Read32((uint*)(_trap.Cru + 0x880)));
        Assert.Equal(0x50_0000u, Mmio.Read32((uint*)(_trap.Pmu + 0x290)));
        Assert.Equal(0xFu, Mmio.Read32((uint*)(_trap.PhyGrf + 0x904)));
        Mmio.Write32((uint*)(_trap.PhpGrf + 0x100), 0x0003_0002);
        Assert.Equal(2u, Mmio.Read32((uint*)(_trap.PhpGrf + 0x100)));
        Assert.Equal(0x4000u, Mmio.Read32((uint*)(_trap.Gpio4 + 0x70)));
        Assert.Equal(0, _soc.Violations.Total);
        Mmio.Write32((uint*)(_trap.Outbound + 0x1000), 1);
        Assert.Equal(1, _soc.Violations.Count(ViolationKind.WindowWithoutRegion));
        uint ordinary = 5;
        Assert.Equal(5u, Mmio.Read32(&ordinary));
    }

    [Theory]
    [InlineData(false, BarrierKind.AfterStatus, 1)]
    [InlineData(false, BarrierKind.BeforeDoorbell, 0)]
    [InlineData(true, BarrierKind.BeforeDoorbell, 1)]
    [InlineData(true, BarrierKind.Full, 0)]
    public void A_doorbell_without_its_barrier_is_noticed(bool cached, BarrierKind kind, int violations)
    {
        Mmio.Write32((uint*)(_trap.Dbi + 0x38_000C), 1);
        if (cached)
        {
            CacheMaintenance.Clean(_dram.View, 64);
        }
        else
        {
            Mmio.Write32((uint*)_trap.CarveOut, 1);
        }

        _trap.Barrier(kind);
        Mmio.Write32((uint*)(_trap.Dbi + 0x38_0010), 0);
        Assert.Equal(violations, _soc.Violations.Count(ViolationKind.DoorbellWithoutBarrier));
        Assert.Equal(1, _trap.Barriers);
        _soc.Faults.WatchBarriers = false;
        Mmio.Write32((uint*)(_trap.Dbi + 0x38_0010), 0);
        Assert.Equal(violations, _soc.Violations.Count(ViolationKind.DoorbellWithoutBarrier));
    }

    [Fact]
    public void A_plain_access_to_a_register_has_no_memory_behind_it()
    {
        string maps = File.ReadAllText("/proc/self/maps");
        string start = ((ulong)_trap.Dbi).ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        string line = Assert.Single(maps.Split('\n'), l => l.StartsWith(start.PadLeft(8, '0') + "-", StringComparison.Ordinal));
        Assert.Contains(" ---p ", line, StringComparison.Ordinal);
    }

    private int DeviceByte(int offset)
    {
        var data = new byte[1];
        Assert.True(_dram.TryRead(Base + (ulong)offset, data));
        return data[0];
    }
}
