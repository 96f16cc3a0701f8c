using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Nvmepf.Tests.Spec;

public sealed class LayoutTests
{
    // Fields that share bytes on purpose: an SQE's DPTR is PRPs or an SGL, and its CDW10 and CDW11 are the SLBA of I/O commands.
    private static readonly string[] s_sharedFields = ["SubmissionQueueEntry.Sgl1", "SubmissionQueueEntry.StartingLba"];

    public static TheoryData<string> StructureNames => [.. LayoutTable.Structures.Entries.Select(entry => entry.Name)];

    public static TheoryData<string, int> WordSizes
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (SpecTableItem item in LayoutTable.Words["sizes"].Items)
            {
                data.Add(item.Name, item.First);
            }

            return data;
        }
    }

    public static TheoryData<string, int, int> ArraySizes
    {
        get
        {
            var data = new TheoryData<string, int, int>();
            foreach (SpecTableItem item in LayoutTable.Arrays["sizes"].Items)
            {
                data.Add(item.Name, item.First, item.Second);
            }

            return data;
        }
    }

    [Fact]
    public void Every_public_struct_has_an_entry_in_a_size_table()
    {
        HashSet<string> named =
        [
            .. LayoutTable.Structures.Entries.Select(entry => entry.Name),
            .. LayoutTable.Words["sizes"].Items.Select(item => item.Name),
            .. LayoutTable.Arrays["sizes"].Items.Select(item => item.Name),
        ];
        string[] actual = [.. SpecTypes.Structs.Select(type => type.Name).Order()];
        Assert.Equal(named.Order(), actual);
    }

    [Theory]
    [MemberData(nameof(StructureNames))]
    public void A_structure_has_the_size_that_the_standard_prints(string name)
    {
        Assert.Equal(LayoutTable.Structures[name].Number, SpecTypes.SizeOf(SpecTypes.Named(name)));
    }

    [Theory]
    [MemberData(nameof(WordSizes))]
    public void A_packed_word_has_the_size_that_the_standard_prints(string name, int size)
    {
        Type type = SpecTypes.Named(name);
        Assert.Equal(size, SpecTypes.SizeOf(type));
        Assert.Equal("Raw", Assert.Single(SpecTypes.Fields(type)).Name);
    }

    [Theory]
    [MemberData(nameof(ArraySizes))]
    public void An_inline_array_has_its_size_and_element_count(string name, int size, int elements)
    {
        Type type = SpecTypes.Named(name);
        Assert.Equal(size, SpecTypes.SizeOf(type));
        Assert.Equal(elements, type.GetCustomAttribute<InlineArrayAttribute>()!.Length);
    }

    [Theory]
    [MemberData(nameof(StructureNames))]
    public void The_table_names_exactly_the_fields_of_a_structure(string name)
    {
        IEnumerable<string> named = LayoutTable.Structures[name].Items.Select(item => item.Name).Order();
        Assert.Equal(named, SpecTypes.Fields(SpecTypes.Named(name)).Select(field => field.Name).Order());
    }

    [Theory]
    [MemberData(nameof(StructureNames))]
    public void A_field_reads_the_bytes_at_its_offset(string name)
    {
        // Byte i of the structure is i modulo 256 in one image and i / 256 in the other: what a field reads says where its bytes are.
        Type type = SpecTypes.Named(name);
        int size = SpecTypes.SizeOf(type);
        object low = SpecTypes.FromBytes(type, [.. Enumerable.Range(0, size).Select(i => (byte)i)]);
        object high = SpecTypes.FromBytes(type, [.. Enumerable.Range(0, size).Select(i => (byte)(i >> 8))]);
        foreach (SpecTableItem item in LayoutTable.Structures[name].Items)
        {
            FieldInfo field = type.GetField(item.Name)!;
            byte[] lowBytes = SpecTypes.BytesOf(field.GetValue(low)!);
            byte[] highBytes = SpecTypes.BytesOf(field.GetValue(high)!);
            int[] offsets = [.. lowBytes.Zip(highBytes, (l, h) => l | (h << 8))];
            Assert.True(
                offsets.SequenceEqual(Enumerable.Range(item.First, item.Second)),
                $"{name}.{item.Name}: bytes {offsets[0]} to {offsets[^1]}, not {item.First} to {item.First + item.Second - 1}");
        }
    }

    [Theory]
    [MemberData(nameof(StructureNames))]
    public void Fields_neither_overlap_nor_pass_the_end(string name)
    {
        int end = 0;
        foreach (SpecTableItem item in LayoutTable.Structures[name].Items
            .Where(item => !s_sharedFields.Contains(name + "." + item.Name)).OrderBy(item => item.First))
        {
            Assert.True(item.First >= end, $"{name}.{item.Name} at {item.First} starts before {end}");
            end = item.First + item.Second;
        }

        Assert.InRange(end, 1, LayoutTable.Structures[name].Number);
    }
}
