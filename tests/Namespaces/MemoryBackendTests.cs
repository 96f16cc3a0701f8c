using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Namespaces;

public sealed class MemoryBackendTests
{
    private const int Mib = 1 << 20;

    [Fact]
    public void Null_reads_zeroes_over_whatever_the_buffer_held_and_drops_writes()
    {
        using BackendBench bench = new(new NullBackend(1UL << 50));
        Assert.True(bench.Write(4096, Pattern.Make(8192, 1)).IsSuccess);
        Assert.Equal(new byte[8192], bench.Read(4096, 8192, 512));
        Assert.Equal(new byte[512], bench.Read((1UL << 50) - 512, 512));
        Assert.True(bench.Run(BackendOperationKind.Flush, 0, 0).IsSuccess);
        Assert.True(bench.Run(BackendOperationKind.WriteZeroes, 0, 1UL << 50).IsSuccess);
        Assert.Equal(0, bench.Completions);
    }

    [Theory]
    [InlineData(512, 512)]
    [InlineData(65536, 4096)]
    [InlineData(2 * Mib, 2 * Mib)]
    [InlineData(2 * Mib, 4096)]
    public void Ram_gives_back_what_was_written(int length, int pieceBytes)
    {
        using BackendBench bench = new(new RamBackend(8 * Mib));
        byte[] data = Pattern.Make(length, 2);
        Assert.True(bench.Write(1536, data, BackendFlags.ForceUnitAccess, pieceBytes).IsSuccess);
        Assert.Equal(data, bench.Read(1536, length, pieceBytes));
        Assert.Equal(new byte[1536], bench.Read(0, 1536));
        Assert.Equal(new byte[512], bench.Read((ulong)(1536 + length), 512));
    }

    [Fact]
    public void Ram_takes_pieces_of_any_alignment()
    {
        using BackendBench bench = new(new RamBackend(Mib));
        bench.Begin(BackendOperationKind.Write, 512, 4096);
        byte[] data = Pattern.Make(BackendBench.MemoryBytes, 3);
        data.CopyTo(bench.Memory);
        bench.UseSegments(1000, gap: 17, start: 3);
        Assert.True(bench.Run().IsSuccess);
        byte[] read = bench.Read(512, 4096);
        Assert.Equal(data[3..1003], read[..1000]);
        Assert.Equal(data[1020..2020], read[1000..2000]);
    }

    [Theory]
    [InlineData(BackendOperationKind.WriteZeroes, 4096)]
    [InlineData(BackendOperationKind.Deallocate, 512)]
    [InlineData(BackendOperationKind.Deallocate, 200_192)]
    [InlineData(BackendOperationKind.WriteZeroes, 2 * Mib)]
    public void Ram_zeroes_exactly_the_range(BackendOperationKind kind, int length)
    {
        const int Offset = 5 * 512;
        using BackendBench bench = new(new RamBackend(4 * Mib));
        byte[] data = Pattern.Make(4 * Mib, 4);
        Assert.True(bench.Write(0, data).IsSuccess);
        Assert.True(bench.Run(kind, Offset, (ulong)length).IsSuccess);
        data.AsSpan(Offset, length).Clear();
        Assert.Equal(data, bench.Read(0, 4 * Mib));
    }

    [Fact]
    public void Ram_larger_than_the_machine_is_deallocated_in_bounded_steps()
    {
        const ulong Size = 1UL << 42;
        using BackendBench bench = new(new RamBackend(Size));
        byte[] data = Pattern.Make(4096, 5);
        Assert.True(bench.Write(Size - 4096, data).IsSuccess);
        Assert.Equal(data, bench.Read(Size - 4096, 4096));
        Assert.True(bench.Run(BackendOperationKind.Deallocate, Size - (1UL << 30), 1UL << 30).IsSuccess);
        Assert.True(bench.BusyCount >= 16, $"a GiB in {bench.BusyCount + 1} steps");
        Assert.Equal(new byte[4096], bench.Read(Size - 4096, 4096));
    }

    [Fact]
    public void Ram_ends_a_cancelled_deallocation_at_its_next_step()
    {
        using BackendBench bench = new(new RamBackend(1UL << 32));
        bench.Begin(BackendOperationKind.Deallocate, 0, 1UL << 32);
        Assert.Equal(BackendOutcome.Busy, bench.Backend.Submit(ref bench.Operation));
        bench.Backend.Cancel(ref bench.Operation);
        Assert.Equal(BackendOutcome.Completed, bench.Backend.Submit(ref bench.Operation));
        Assert.Equal(StatusCode.AbortRequested, bench.Operation.Status.Code);
    }

    [Fact]
    public void Ram_without_address_space_says_so()
    {
        using RamBackend backend = new(1UL << 60);
        PlatformException problem = Assert.Throws<PlatformException>(backend.Open);
        Assert.Contains("1152921504606846976 bytes", problem.Message, StringComparison.Ordinal);
        Assert.Contains("smaller size", problem.Message, StringComparison.Ordinal);
    }
}
