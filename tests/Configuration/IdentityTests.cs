using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Nvmepf.Firmware.Configuration;
using Xunit;

namespace Nvmepf.Tests.Configuration;

public sealed class IdentityTests
{
    private const string Nqn = "nqn.2026-01.lab.example:ep0";

    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void The_hash_is_that_of_the_standard(string text, string digest) =>
        Assert.Equal(digest, Convert.ToHexStringLower(Sha256.Hash(Encoding.ASCII.GetBytes(text))));

    [Fact]
    public void The_hash_is_right_at_every_length_around_a_block()
    {
        for (int length = 0; length < 200; length++)
        {
            byte[] data = new byte[length];
            new Random(length).NextBytes(data);
            Assert.Equal(SHA256.HashData(data), Sha256.Hash(data));
        }
    }

    [Fact]
    public void Identities_do_not_change_between_releases()
    {
        // Written down once, and recomputable: printf 'nvmepf serial nqn.2026-01.lab.example:ep0' | sha256sum
        ServedFunction served = Judge.SimpleAnd("--subsysnqn", Nqn);

        Assert.Equal(Hex("nvmepf serial " + Nqn)[..20], served.Settings.Serial);
        string uuid = Hex($"nvmepf uuid {Nqn} 1");
        Assert.Equal(uuid[..12] + "8" + uuid[13..16], served.Namespaces[0].Uuid.ToString("N")[..16]);
        Assert.Equal(uuid[17..32], served.Namespaces[0].Uuid.ToString("N")[17..]);
        string nguid = Hex($"nvmepf nguid {Nqn} 1");
        Assert.Equal(nguid[..16], Convert.ToHexStringLower(served.Namespaces[0].Nguid)[..16]);
        Assert.Equal(nguid[18..32], Convert.ToHexStringLower(served.Namespaces[0].Nguid)[18..]);

        static string Hex(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Identities_have_the_form_that_their_standards_ask_for()
    {
        ServedNamespace first = Judge.SimpleAnd("--subsysnqn", Nqn).Namespaces[0];

        string uuid = first.Uuid.ToString("D");
        Assert.Equal('8', uuid[14]);
        Assert.Contains(uuid[19], "89ab");
        Assert.Equal(2, first.Nguid[8] & 3);
        Assert.Matches("^[0-9a-f]{20}$", Judge.SimpleAnd().Settings.Serial);
        Assert.Matches("^nqn.2014-08.org.nvmexpress:uuid:[0-9a-f-]{36}$", Judge.SimpleAnd().Settings.SubsystemNqn);
    }

    [Fact]
    public void A_restart_with_the_same_command_finds_the_same_disk() => Assert.Equal(All(Judge.SimpleAnd()), All(Judge.SimpleAnd()));

    [Fact]
    public void A_disk_in_a_file_stays_the_same_with_another_socket_size_or_shape()
    {
        string[] one = All(Judge.Options("--vfio-user", "/run/a", "--namespace", "file:/srv/disk,size=1G"));
        string[] other = All(Judge.Options(
            "--vfio-user", "/run/b", "--namespace", "file:/srv/../srv/disk,lba=4096", "--queues", "8", "--mdts-kb", "64", "--model", "Other",
            "--poll", "busy"));

        Assert.Equal(one, other);
    }

    [Fact]
    public void Two_servers_on_one_machine_are_two_disks()
    {
        string[][] servers =
        [
            All(Judge.Options("--vfio-user", "/run/a", "--namespace", "file:/srv/disk0")),
            All(Judge.Options("--vfio-user", "/run/b", "--namespace", "file:/srv/disk1")),
            All(Judge.Options("--vfio-user", "/run/c", "--namespace", "ram:1G")),
            All(Judge.Options("--vfio-user", "/run/d", "--namespace", "ram:1G")),
            All(Judge.Options("--vfio-user", "/run/e", "--namespace", "ram:1G", "--namespace", "null:1G")),
        ];

        AssertDistinct(servers.SelectMany(ids => ids));
    }

    [Fact]
    public void The_same_path_on_two_machines_is_two_disks()
    {
        ServedFunction[] machines = Array.ConvertAll(["a", "b"], id => Judge.Only(ServedConfiguration.Resolve(
            CommandLineTree.Build(CommandLine.Parse(["--vfio-user", "/run/x", "--namespace", "file:/srv/disk"]), () => id))));

        AssertDistinct(machines.SelectMany(All));
    }

    [Fact]
    public void A_named_disk_is_the_same_on_any_machine_and_wherever_its_file_is()
    {
        foreach (string name in (string[])["--subsysnqn=" + Nqn, "--serial=EP0001"])
        {
            ServedFunction[] machines = Array.ConvertAll(["/srv/a", "/mnt/b"], path => Judge.Only(ServedConfiguration.Resolve(CommandLineTree.Build(
                CommandLine.Parse(["--vfio-user", path, "--namespace", "file:" + path, name]),
                () => throw new InvalidOperationException("the machine does not matter here")))));

            Assert.Equal(All(machines[0]), All(machines[1]));
        }
    }

    [Fact]
    public void What_is_given_is_used()
    {
        ServedFunction served = Judge.File(Samples.With(
            "\"uuid\": \"d592cdf3-0000-4000-8000-000000000001\", \"nguid\": \"00112233-4455-6677-8899-aabbccddeeff\"", "\"serial\": \"EP0001\""));

        Assert.Equal("EP0001", served.Settings.Serial);
        Assert.Equal("d592cdf3-0000-4000-8000-000000000001", served.Namespaces[0].Uuid.ToString("D"));
        Assert.Equal("00112233445566778899AABBCCDDEEFF", Convert.ToHexString(served.Namespaces[0].Nguid));
    }

    [Fact]
    public void An_OUI_of_ones_own_stands_in_the_NGUID()
    {
        ServedFunction served = Judge.File(Samples.With(
            "\"nguid\": \"00000000-0000-0000-0000-000000000000\"", "\"ieee_oui\": \"0xabcdef\""));

        Assert.Equal("ABCDEF", Convert.ToHexString(served.Namespaces[0].Nguid, 8, 3));
        Assert.Equal(0xABCDEFu, served.Settings.IeeeOui);
    }

    private static string[] All(ServedFunction served) =>
    [
        served.Settings.SubsystemNqn,
        served.Settings.Serial,
        .. served.Namespaces.Select(n => n.Uuid.ToString("D")),
        .. served.Namespaces.Select(n => Convert.ToHexString(n.Nguid)),
    ];

    private static void AssertDistinct(IEnumerable<string> texts)
    {
        List<string> all = [.. texts];
        Assert.Equal(all.Count, all.Distinct().Count());
    }
}
