using System.Buffers.Binary;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.SocModel;
using Nvmepf.SocModel.Server;
using Nvmepf.Tests.SocModel;
using Xunit;

namespace Nvmepf.Tests.SocServer;

/// <summary>What a host finds in its slot, over a model that is up.</summary>
public sealed class HostFunctionTests : IDisposable
{
    private const uint Configuration = 7;
    private const ulong Table = SocBench.BarMemory + 0x2000;
    private readonly SocBench _bench = SocBench.Up();
    private readonly AccessLog _log = new(null);
    private readonly HostFunction _function;

    public HostFunctionTests() => _function = new HostFunction(_bench.Soc.Host, _log);

    [Fact]
    public void The_regions_are_the_models_bars()
    {
        Assert.Equal(0, _function.Connect());
        ulong[] lengths = [0x10_0000, 0, 0, 0, 0, 0, 0, 4096, 0];
        for (uint region = 0; region < (uint)lengths.Length; region++)
        {
            Assert.Equal(lengths[region], _function.GetRegion(region).LengthBytes);
            Assert.Equal(-1, _function.GetRegion(region).MapFile);
        }
    }

    [Fact]
    public void Without_a_link_nobody_is_taken_and_all_reads_give_ones()
    {
        Assert.Equal(0, _function.Connect());
        _bench.Soc.Host.AssertPerst(true);
        byte[] bytes = new byte[4];
        _function.Read(0, 0, bytes);
        Assert.Equal([0xff, 0xff, 0xff, 0xff], bytes);
        _function.Read(Configuration, 0, bytes);
        Assert.Equal([0xff, 0xff, 0xff, 0xff], bytes);
        Assert.Equal(-Errno.EAGAIN, _function.Connect());
        Assert.Equal(0x10_0000ul, _function.GetRegion(0).LengthBytes);
    }

    [Fact]
    public void Configuration_is_read_in_any_piece_and_has_no_interrupt_pin()
    {
        byte[] whole = new byte[4096];
        _function.Read(Configuration, 0, whole);
        Assert.Equal(0x0108_0201u, BinaryPrimitives.ReadUInt32LittleEndian(whole.AsSpan(8)));
        byte[] part = new byte[3];
        _function.Read(Configuration, 9, part);
        Assert.Equal(whole[9..12], part);
        Assert.NotEqual(TlpStatus.UnsupportedRequest, _bench.Soc.Host.ConfigRead(0x3d, 1, out _));
        Assert.Equal(0, whole[0x3d]);
    }

    [Fact]
    public void What_the_host_writes_into_bar_0_is_in_the_boards_memory()
    {
        Assert.False(_function.Write(0, 0x1000, [1, 2, 3, 4]));
        _bench.Soc.Advance(1_000_000);
        byte[] actual = new byte[4];
        Assert.True(_bench.Memory.TryRead(SocBench.BarMemory + 0x1000, actual));
        Assert.Equal([1, 2, 3, 4], actual);
    }

    [Fact]
    public void A_reset_is_over_when_the_link_is_up_again()
    {
        Assert.True(_function.IsQuiescent);
        _bench.Soc.Advance(100_000);
        _function.Reset(ResetKind.Conventional);
        Assert.False(_function.IsQuiescent);
        _bench.Configure();
        _bench.W(SocBench.Apb + 0x180, 0x0008_0008);
        _bench.Wait(() => _bench.Soc.Host.IsLinkUp);
        Assert.True(_function.IsQuiescent);
    }

    [Fact]
    public void A_vector_with_a_descriptor_has_an_open_entry_and_its_message_becomes_the_event()
    {
        HostFabric fabric = new() { Interrupts = _function.Interrupts };
        int descriptor = Events.Create(0, EventFlags.NonBlocking);
        _function.Vectors.Assign(3, descriptor);
        _function.InterruptsChanged();
        uint[] entry = Entry(3);
        Assert.Equal([0xfee0_0000u, 0u, 3u, 0u], entry);

        byte[] message = BitConverter.GetBytes(entry[2]);
        fabric.Write(entry[0], message);
        Assert.Equal(0, Events.Take(descriptor, out ulong count));
        Assert.Equal(1ul, count);

        _function.Vectors.Release(3);
        _function.InterruptsChanged();
        Assert.Equal(1u, Entry(3)[3]);
        fabric.Write(entry[0], message);
        int next = Events.Create(0, EventFlags.NonBlocking);
        _function.Vectors.Assign(3, next);
        Assert.Equal(0, Events.Take(next, out count));
        Assert.Equal(1ul, count);
    }

    [Fact]
    public void Messages_for_vectors_that_do_not_exist_are_dropped()
    {
        HostFabric fabric = new() { Interrupts = _function.Interrupts };
        fabric.Write(0xfee0_0000, BitConverter.GetBytes(uint.MaxValue));
        Assert.Equal(0, _function.Interrupts.Raised);
        Assert.Equal(0, fabric.WritesLost);
        fabric.Write(0xfee0_0004, BitConverter.GetBytes(0));
        Assert.Equal(1, fabric.WritesLost);
    }

    public void Dispose()
    {
        _function.Dispose();
        _log.Dispose();
    }

    private uint[] Entry(int vector)
    {
        _bench.Soc.Advance(1_000_000);
        byte[] bytes = new byte[16];
        Assert.True(_bench.Memory.TryRead(Table + (ulong)(vector * 16), bytes));
        uint[] words = new uint[4];
        Buffer.BlockCopy(bytes, 0, words, 0, bytes.Length);
        return words;
    }
}
