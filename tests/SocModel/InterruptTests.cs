using System.Linq;
using Nvmepf.SocModel;
using Xunit;
using static Nvmepf.Tests.SocModel.SocBench;

namespace Nvmepf.Tests.SocModel;

public sealed class InterruptTests
{
    [Fact]
    public void The_apb_register_sends_msi_with_the_capabilitys_contents()
    {
        SocBench bench = UpWithMsi(multiple: 3);
        bench.W(Apb + 0x038, 0b0010_0001);
        Assert.Equal([(FakeHost.MsiAddress, 4, 0x4320u), (FakeHost.MsiAddress, 4, 0x4325u)], bench.Host.Writes);
        bench.AssertClean();
        bench.W(Apb + 0x038, 1 << 8);
        Assert.Equal(1, bench.Count(ViolationKind.MsiNotAllowed));
        bench.Soc.Host.ConfigWrite(0x52, 2, 0);
        bench.W(Apb + 0x038, 1);
        Assert.Equal(2, bench.Count(ViolationKind.MsiNotAllowed));
        Assert.Equal(2, bench.Host.Writes.Count);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void A_masked_msi_waits_for_the_host_or_slips_through(bool ignoresMask, int sentAtOnce)
    {
        SocBench bench = UpWithMsi(multiple: 3);
        bench.Soc.Faults.ApbMsiIgnoresMask = ignoresMask;
        bench.Soc.Host.ConfigWrite(0x60, 4, 2);
        bench.W(Apb + 0x038, 2);
        Assert.Equal(sentAtOnce, bench.Host.Writes.Count);
        Assert.Equal(ignoresMask ? 0u : 2u, bench.R(Dbi + 0x64));
        bench.Soc.Host.ConfigWrite(0x60, 4, 0);
        Assert.Single(bench.Host.Writes);
        Assert.Equal(0u, bench.R(Dbi + 0x64));
    }

    [Fact]
    public void A_pending_bit_of_softwares_own_sends_nothing()
    {
        SocBench bench = UpWithMsi(multiple: 3);
        bench.Soc.Host.ConfigWrite(0x60, 4, 1);
        bench.W(Dbi + 0x64, 1);
        bench.Soc.Host.ConfigRead(0x64, 4, out uint pending);
        Assert.Equal(1u, pending);
        bench.Soc.Host.ConfigWrite(0x60, 4, 0);
        Assert.Empty(bench.Host.Writes);
        bench.W(Dbi + 0x64, 0);
        bench.AssertClean();
    }

    [Fact]
    public void The_internal_table_is_written_by_the_host_read_by_the_board_and_rung_by_the_doorbell()
    {
        SocBench bench = UpWithBar4();
        bench.Soc.Host.ConfigWrite(0xB2, 2, 0x8000);
        WriteEntry(bench, 5, FakeHost.MsiAddress, 0x77, masked: false);
        bench.W(Apb + 0x270, 0x0001_0001);
        Assert.Equal(FakeHost.MsiAddress, bench.R(Atu + (5 * 16)));
        Assert.Equal(0x77u, bench.R(Atu + (5 * 16) + 8));
        Assert.Equal(1u, bench.R(Atu + (6 * 16) + 12));
        bench.W(Apb + 0x270, 0x0001_0000);
        Assert.Equal(0u, bench.R(Atu + (5 * 16)));
        bench.W(Dbi + 0x948, 5);
        Assert.Equal((FakeHost.MsiAddress, 4, 0x77u), bench.Host.Writes.Single());
        bench.Soc.Faults.NoMsixDoorbell = true;
        bench.W(Dbi + 0x948, 5);
        Assert.Single(bench.Host.Writes);
        bench.AssertClean();
    }

    [Fact]
    public void Window_reads_that_fail_are_silent_or_bus_faults_as_the_bridge_is_told()
    {
        SocBench bench = Up();
        bench.Outbound(0, 0, 0x1_0000, 0x9000_0000);
        Assert.Equal(0xFFFF_FFFFu, bench.R(Window));
        bench.W(Dbi + 0x8D0, 1);
        Assert.False(bench.Soc.CpuRead(Window, 4, out _));
        Assert.Equal(1, bench.Soc.Counters.BusFaults);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_masked_msix_vector_is_pending_until_it_is_unmasked(bool byFunction)
    {
        SocBench bench = UpWithBar4();
        bench.Soc.Host.ConfigWrite(0xB2, 2, byFunction ? 0xC000u : 0x8000u);
        WriteEntry(bench, 33, FakeHost.MsiAddress, 0x77, masked: !byFunction);
        bench.W(Dbi + 0x948, 33);
        Assert.Empty(bench.Host.Writes);
        var pending = new byte[4];
        bench.Soc.Host.BarRead(4, 0x2_8004, pending);
        Assert.Equal(2, pending[0]);
        if (byFunction)
        {
            bench.Soc.Host.ConfigWrite(0xB2, 2, 0x8000);
        }
        else
        {
            WriteEntry(bench, 33, FakeHost.MsiAddress, 0x78, masked: false);
        }

        Assert.Equal(byFunction ? 0x77u : 0x78u, bench.Host.Writes.Single().First);
        bench.Soc.Host.BarRead(4, 0x2_8004, pending);
        Assert.Equal(0, pending[0]);
    }

    [Fact]
    public void Intx_is_a_level_that_the_host_may_disable()
    {
        SocBench bench = Up();
        bench.W(Apb + 0x034, 0x0002_0002);
        Assert.True(bench.Soc.Host.IsIntxAsserted);
        Assert.Equal(1u, bench.R(Dbi + 0x04) >> 19 & 1);
        bench.Soc.Host.ConfigWrite(0x04, 2, 0x0406);
        Assert.False(bench.Soc.Host.IsIntxAsserted);
        bench.Soc.Host.ConfigWrite(0x04, 2, 0x0006);
        bench.Soc.Faults.NoIntx = true;
        Assert.False(bench.Soc.Host.IsIntxAsserted);
        bench.Soc.Faults.NoIntx = false;
        bench.W(Apb + 0x034, 0x0002_0000);
        Assert.False(bench.Soc.Host.IsIntxAsserted);
    }

    private static SocBench UpWithMsi(uint multiple)
    {
        SocBench bench = Up();
        bench.Soc.Host.ConfigWrite(0x54, 4, (uint)FakeHost.MsiAddress);
        bench.Soc.Host.ConfigWrite(0x5C, 2, 0x4321);
        bench.Soc.Host.ConfigWrite(0x52, 2, 1 | (multiple << 4));
        return bench;
    }

    private static SocBench UpWithBar4()
    {
        var bench = new SocBench();
        bench.Configure();
        bench.W(Dbi2 + 0x20, 1);
        bench.EnableLtssm();
        bench.HostEnables();
        return bench;
    }

    private static void WriteEntry(SocBench bench, int vector, ulong address, uint data, bool masked)
    {
        ulong at = 0x2_0000 + ((ulong)vector * 16);
        bench.Soc.Host.BarWrite(4, at, BitConverter.GetBytes((uint)address));
        bench.Soc.Host.BarWrite(4, at + 4, BitConverter.GetBytes((uint)(address >> 32)));
        bench.Soc.Host.BarWrite(4, at + 8, BitConverter.GetBytes(data));
        bench.Soc.Host.BarWrite(4, at + 12, BitConverter.GetBytes(masked ? 1u : 0));
    }
}
