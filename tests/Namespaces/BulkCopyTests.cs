using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Nvmepf.Firmware.Namespaces;
using Xunit;

namespace Nvmepf.Tests.Namespaces;

public sealed unsafe class BulkCopyTests
{
    private const int RoomBytes = 96 * 1024;

    public static TheoryData<int> Lengths =>
        new() { 1, 63, 64, 127, 128, 129, 511, 512, 513, 639, 640, 2047, 2048, 2049, 2111, 2112, 2176, 4095, 4096, 4097, 8191, 8192, 12_345, 65_535, 65_536, 65_664, 70_001 };

    [Theory]
    [MemberData(nameof(Lengths))]
    public void A_copy_moves_exactly_its_bytes_whatever_the_alignment(int length)
    {
        WideCopy.Install();
        foreach (int from in (int[])[0, 1, 16, 31, 64])
        {
            foreach (int to in (int[])[0, 1, 16, 31, 32, 96])
            {
                Check(BulkCopyWay.FromStore, from, to, length);
                Check(BulkCopyWay.ToStore, from, to, length);
            }
        }
    }

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(4096)]
    [InlineData(131_072)]
    public void The_machine_code_copies_whole_steps(int length)
    {
        WideCopy.Install();
        if (!WideCopy.IsInstalled)
        {
            Assert.False(Avx2.IsSupported, "the processor has what the machine code needs");
            return;
        }

        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)(3 * length), 64);
        byte[] data = Pattern.Make(length, 7);
        data.CopyTo(new Span<byte>(memory, length));
        WideCopy.Copy(memory + length, memory, (nuint)length);
        WideCopy.Stream(memory + (2 * length), memory, (nuint)length);
        Assert.True(data.AsSpan().SequenceEqual(new Span<byte>(memory + length, length)));
        Assert.True(data.AsSpan().SequenceEqual(new Span<byte>(memory + (2 * length), length)));
        NativeMemory.AlignedFree(memory);
    }

    [Fact]
    public void The_routines_lie_where_they_are_called_and_end_by_returning()
    {
        const int Return = 0xC3;
        ReadOnlySpan<byte> code = WideCopy.Code;
        Assert.Equal((64 * 2) + 6, code.Length);
        Assert.Equal(Return, code[55]);
        Assert.Equal(Return, code[64 + 55]);
        Assert.Equal(Return, code[^1]);
    }

    [Fact]
    public void Another_core_that_is_told_of_a_store_sees_its_bytes()
    {
        const int Rounds = 20_000;
        WideCopy.Install();
        byte* store = (byte*)NativeMemory.AlignedAlloc(4096, 64);
        byte* source = (byte*)NativeMemory.AlignedAlloc(4096, 64);
        NativeMemory.Clear(store, 4096);
        int written = 0;
        int seen = 0;
        int stale = 0;
        var reader = new Thread(() =>
        {
            for (int round = 1; round <= Rounds; round++)
            {
                SpinWait wait = default;
                while (Volatile.Read(ref written) < round)
                {
                    wait.SpinOnce();
                }

                stale += *(int*)store != round || *(int*)(store + 4092) != round ? 1 : 0;
                Volatile.Write(ref seen, round);
            }
        });
        reader.Start();
        for (int round = 1; round <= Rounds; round++)
        {
            new Span<int>(source, 1024).Fill(round);
            BulkCopy.ToStore(source, store, 4096);
            BulkCopy.Fence();
            Volatile.Write(ref written, round);
            SpinWait wait = default;
            while (Volatile.Read(ref seen) < round)
            {
                wait.SpinOnce();
            }
        }

        reader.Join();
        NativeMemory.AlignedFree(store);
        NativeMemory.AlignedFree(source);
        Assert.Equal(0, stale);
    }

    private static void Check(BulkCopyWay way, int from, int to, int length)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc(2 * RoomBytes, 64);
        Span<byte> source = new(memory, RoomBytes);
        Span<byte> destination = new(memory + RoomBytes, RoomBytes);
        Pattern.Make(RoomBytes, 5).CopyTo(source);
        destination.Fill(0xEE);
        if (way == BulkCopyWay.FromStore)
        {
            BulkCopy.FromStore(memory + from, memory + RoomBytes + to, (nuint)length);
        }
        else
        {
            BulkCopy.ToStore(memory + from, memory + RoomBytes + to, (nuint)length);
        }

        Assert.True(source.Slice(from, length).SequenceEqual(destination.Slice(to, length)), $"{way} {from}->{to}");
        Assert.Equal(-1, destination[..to].IndexOfAnyExcept((byte)0xEE));
        Assert.Equal(-1, destination[(to + length)..].IndexOfAnyExcept((byte)0xEE));
        NativeMemory.AlignedFree(memory);
    }

    private enum BulkCopyWay
    {
        FromStore,
        ToStore,
    }
}
