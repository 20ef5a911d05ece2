"""Rebuilds data/tang-sample.json.gz: quatrains in classical Chinese, in form, in tone and in rhyme.

    python scripts/make_poems_sample.py

The verses come from the phrases and the grammar below, written for this project, with a fixed seed: the same
file each time. A line of five is a subject of two characters and what is said of it in three: "孤舟 泊晚烟",
a lone boat / moors in evening mist. A line of seven puts a place, a time or a number before it. A poem keeps
to one theme, one season, one weather; its hours pass from day to night; it repeats no character, save in
doubled words (悠悠). No line stands in two poems.

What decides a phrase lies further back than an n-gram sees: the theme says which subjects each line may have,
the season and the weather of the first line bind the last, the hours go on from line to line, the rhyme
answers one of a couplet before, and the tone pattern begins with the first line. Tones and rhymes are those
of the Pingshui classes (`helpers.prosody`).
"""

import itertools
import json
import random
import re
import sys
from collections import Counter
from pathlib import Path

from samples import gzipped, main

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers.prosody import patterns, rhyme_classes, tones

TARGET = Path(__file__).resolve().parent.parent / "data" / "tang-sample.json.gz"
SEED = 618
AUTHOR = "本书自制"
PER_THEME = {"5x4": 40, "7x4": 200}  # poems of each form

# -- the lexicon. Of each subject: its names, what stands before them in a line of seven, what they do

LEXICON = {
    "mountain": (
        "青山 远山 空山 孤峰 远岫 翠岭 叠嶂 群峰 云峰 数峰 千山 碧嶂",
        "两岸 窗外 隐隐 天外 数点 万叠 江上 湖畔 一带 四面 门前 重重 天边 遥遥 楼前 篱边",
        "入暮云 映晚晴 抱晚村 落翠阴 半入云 翠欲流 对小楼 映画楼 倚碧空 入画屏 数点青 立晚风 在眼前 "
        "晚更青 碧四围 翠作围 映落霞 入望低 送落晖 入云端 锁寒烟 画屏开 翠成堆 望中青 万千重 淡如烟 "
        "对门青 暮云平 暮烟浮 带斜阳 暮苍苍 入苍茫 绕人家 半天霞 带烟霞 静无声 似龙蟠 似屏风 横晚照 "
        "衔落日 含远翠 云外立 青不断 如画里 深几许 云中见 连云起 层层远 依然在 青如染 当窗立 浮空翠 "
        "无言对 无穷碧 迎人立 遮望眼 多古意 云半掩",
    ),
    "water": (
        "江水 春水 秋水 寒江 清溪 碧水 绿水 流水 溪水 江流 烟波 碧波 清波 野水 远水 溪流",
        "门外 桥下 十里 一曲 脉脉 渺渺 万顷 一带 槛外 寂寞 两岸 悠悠 村前 楼前 迢迢 桥边 山前 城边",
        "绕孤村 入远天 映晚霞 送客舟 自在流 寂寞流 日夜流 绕小楼 抱郭流 带月流 碧似油 照影清 到门清 "
        "见底清 绿满汀 一镜开 两岸开 绕钓矶 绿到门 涨几分 冷浸云 抱远村 没晓烟 碧如天 淡如烟 映桃花 "
        "浸蒹葭 去无声 寂无声 碧于天 远连天 自东流 静悠悠 去悠悠 照人清 镜中平 自潺潺 逐人来 送春来 "
        "绕篱门 送归帆 入微茫 去茫茫 映垂杨 过横塘 浸斜阳 明如练 无边碧 东流去 清见底 连空碧 摇空翠 "
        "流不断 平似掌 含晓色 生细浪 浮月影 天一色 浑似画 喧远峡 澄如镜 依山转 穿林去 和烟去 无穷尽 "
        "摇残照 分两岸 无尽处",
    ),
    "boat": (
        "孤舟 扁舟 渔舟 归舟 小艇 客船 孤帆 片帆 兰舟 轻舟 钓艇 短棹 小舟",
        "江上 一叶 渡口 湖上 烟外 柳下 浦口 天外 渡头 江心 洲边 烟中 桥边 云边 江南 滩头",
        "系柳边 泊晚烟 入暮烟 逐水流 傍荻洲 去不留 夜半行 趁晚行 载月行 载酒行 过洞庭 宿浅沙 泊晚沙 "
        "系浅沙 带雨归 载月归 趁月归 宿钓矶 卧晚风 趁好风 破浪行 一叶轻 去似飞 下远滩 过石滩 到此还 "
        "几日还 入翠微 泊水湾 泊江村 傍孤村 宿芦花 傍蒹葭 趁潮回 渡江来 带烟归 趁潮平 载诗行 过前滩 "
        "系垂杨 去茫茫 入沧浪 傍渔矶 入江天 泊江干 下江南 破烟来 过桥来 随浪去 烟波里 乘兴去 无人渡 "
        "横野渡 凌浪去 依远浦 天际去 轻如叶 闲来往 轻似箭 冲雾去 依岸宿 天边去 归极浦 摇月影 摇空碧 "
        "随风去 依沙岸",
    ),
    "wind": (
        "清风 春风 秋风 西风 晚风 夜风 凉风 朔风 好风 微风 长风 野风 北风 熏风 东风 晓风",
        "一夜 昨夜 江上 阵阵 满院 十里 陌上 野外 水上 袖底 江南 庭前 林间 溪边 天边 门前 楼头 桥边",
        "入小楼 满客衣 动客衣 冷客衣 拂面来 入户来 渡水来 扫径来 卷落花 动碧纱 冷碧纱 送晚钟 送晚凉 "
        "送笛声 透骨凉 满袖凉 满袖清 入座清 起暮寒 送嫩寒 过竹林 起竹林 过柳堤 送客船 入罗帷 动芳菲 "
        "满江城 入疏林 动帘旌 动垂杨 送荷香 送梅香 过西楼 动高楼 下汀洲 起沧洲 度芳洲 落松花 落梅花 "
        "过南园 入书帷 满江天 动关山 过篱门 到山家 到窗纱 过平沙 到黄昏 吹落叶 吹客鬓 摇翠竹 吹客帽 "
        "翻柳絮 惊远梦 侵客袂 来古道 移竹影 无限意 吹不尽 掀帘入 穿林过 吹衣冷 凉如水 沿江起 吹芳草 "
        "吹篱菊 敲竹户 吹水皱 吹帘动 摇窗影",
    ),
    "moon": (
        "明月 新月 孤月 淡月 皎月 月色 月华 蟾光 清辉 素月 冷月 月影 银蟾 好月",
        "天上 今夜 一片 海上 江上 松际 槛外 千里 万里 夜夜 楼头 天心 窗前 山间 江南 林梢 枝头 天边",
        "上小楼 入小楼 照画楼 满画楼 照小舟 入酒杯 落酒杯 照客衣 冷客衣 满钓矶 入户来 渡海来 照影来 "
        "过竹来 照碧空 挂碧空 浸碧空 照古城 满古城 照远行 照九州 挂树梢 照夜寒 照影单 挂远天 满水天 "
        "在水边 到枕边 照枕边 照断肠 照故乡 照绿窗 落半窗 浸野塘 照野塘 满中庭 照空庭 照离人 近窥人 "
        "近随人 过墙头 下帘钩 照山川 照无眠 上栏杆 照栏杆 落秋江 照沧江 照回廊 转回廊 似当年 照平沙 "
        "冷平沙 冷窗纱 照梅花 挂林端 过墙来 入怀来 照关山 悬碧落 穿竹影 移竹影 窥竹户 无今古 浮水面 "
        "光如水 明如昼 窥人久 天边小 升东海 分秋色 流空碧 依然好 摇波碎 随人走 千山静 人共看 千里共 "
        "窥客梦 临窗照 如冰镜 如相识",
    ),
    "blossom": (
        "桃花 杏花 梨花 海棠 山花 野花 繁花 嫩蕊 桃蕊 杏蕊 碎蕊",
        "一树 两岸 陌上 满院 寂寞 几树 昨夜 墙头 溪边 枝头 村前 庭前 江边 窗前",
        "傍水开 满树开 寂寞开 次第开 自在开 笑客来 逐水来 逐水流 点客衣 满翠微 映酒旗 满小楼 带雨红 "
        "照水红 满树红 几度红 满院香 入酒香 到水边 满水边 似故人 笑向人 恼杀人 映窗红 逐溪流 满汀洲 "
        "满墙头 倚墙头 绕篱开 为谁开 近人开 逐波来 点苍苔 正芳菲 映柴扉 似脂红 欲留人 扑行人 映山家 "
        "满江天 伴人眠 满身香 红似火 红似锦 开未遍 开又落 浓似酒 浑不语 斜照水 红一片 无人管 无言笑 "
        "含情笑 红如锦 枝枝好 依人笑 迎客笑 春未老",
    ),
    "petals": (
        "落花 飞花 落红 乱红 残红",
        "两岸 陌上 满院 寂寞 昨夜 墙头 溪边 村前 庭前 江边 窗前 纷纷 片片",
        "笑客来 逐水来 逐水流 满径飞 点客衣 落满衣 满翠微 落钓矶 满小楼 到水边 满水边 落砚边 落帽檐 "
        "落满肩 落酒樽 落满门 似故人 笑向人 恼杀人 落无声 逐溪流 满汀洲 满墙头 逐波来 点苍苔 落苍苔 "
        "扑帘飞 逐风飞 落纷纷 欲留人 扑行人 落谁家 满江天 落江南 伴人眠 满身香 飞不定 浓似酒 浑不语 "
        "红一片 无人管 无言笑 随流水 含情笑 依人笑 迎客笑 空满地",
    ),
    "willow": (
        "垂柳 杨柳 绿柳 柳丝 柳条 新柳 烟柳 翠柳 柳枝 柳烟",
        "陌上 桥畔 渡口 两岸 万缕 袅袅 湖上 桥边 门前 堤边 江边 依依 溪头",
        "拂钓舟 系客舟 系小舟 绿满洲 绿满楼 拂画楼 绿几株 绿未齐 拂水低 绿满堤 舞晓风 弄晚风 绿映门 "
        "送远人 绾别情 袅碧空 绿似烟 带晓烟 锁暮烟 弄晚凉 万缕长 舞影长 拂野塘 翠几行 绿成阴 绿依依 "
        "挽人衣 绿摇波 弄轻柔 绾离愁 系离愁 舞风前 带轻烟 淡如烟 拂人头 拂鱼矶 拂窗纱 近人家 绕人家 "
        "弄新晴 拂人来 带烟垂 垂万缕 千万缕 青两岸 遮画舫 摇翠影 牵客袂 轻拂面 和烟舞 依人舞 烟雨里 "
        "随风舞 藏画阁 迎客舞 笼水面 如烟淡 摇波影",
    ),
    "grove": (
        "修竹 翠竹 苍松 古松 疏竹 松影 竹影 幽篁 老松 青松 新竹 长松",
        "门外 槛外 屋角 涧底 满院 几树 屋后 窗前 庭前 岩前 山中 溪边 亭前 阶前",
        "静掩门 翠入楼 碧满庭 立晚风 弄晚晴 起晚风 翠几重 入户青 岁岁青 绕屋青 翠欲流 冷似秋 护石泉 "
        "带晓烟 锁暮烟 翠半天 上粉墙 扫石床 绿满窗 过短墙 翠几行 荫石床 翠作围 覆石矶 满翠微 护钓台 "
        "覆古台 映碧苔 扫碧苔 绿成阴 自成阴 入云深 绕阶青 傍云栽 护柴门 绕柴门 掩柴扉 绕书房 上东墙 "
        "过邻墙 翠生凉 自生凉 舞清风 引清风 卧云中 自凌空 傍岩边 近栏杆 护山家 映窗纱 绿扶疏 伴人孤 "
        "带烟浮 摇月影 筛月影 生夜籁 无俗态 千古翠 空自老 侵书幌 遮书案 摇清影 依岩立 凌云起 和云种 "
        "风细细 临水立 迎客立 青未了 如人立 无人扫",
    ),
    "leaves": (
        "黄叶 落叶 红叶 枫叶 霜叶 残叶 桐叶",
        "一夜 窗外 满院 几片 昨夜 渡口 树树 江南 庭前 林间 山前 纷纷 门前 阶前 溪边",
        "逐水流 满径秋 不胜秋 下小楼 满客舟 满径飞 逐客衣 绕树飞 落钓矶 下晓风 舞晚风 满树红 几树红 "
        "满径红 落砚边 下远天 满径寒 满石阶 满石苔 满古台 扣户来 冷半林 打纸窗 落半床 落纷纷 满闲门 "
        "扑柴门 舞西风 正飘零 下空庭 响空庭 满汀洲 满山丘 报新秋 又惊秋 打窗声 点苍苔 满阶前 坠江边 "
        "下江天 满平沙 扑窗纱 下寒塘 映斜阳 飘不定 迎客舞 飞欲尽 无人扫 随流水 敲窗响 随风舞 空满院 "
        "知多少 堆三径 红似火 飘古道 题诗去 随人走 浑似醉",
    ),
    "reeds": (
        "芦花 荻花 芦荻 蒹葭",
        "两岸 浦口 渡口 瑟瑟 江上 滩头 洲边 苍苍 沙边 江南",
        "两岸秋 冷钓舟 覆钓舟 满钓舟 舞晚风 起晚风 冷一汀 乱晚烟 锁晚烟 映钓矶 满钓矶 照水明 远近明 "
        "满汀洲 覆沙洲 冷沙洲 宿沙鸥 舞西风 水连天 映寒塘 落寒塘 满渔矶 伴渔家 覆平沙 近人家 带霜开 "
        "入船来 宿秋鸿 摇夜月 迷远岸 迷远浦 吹满岸 深深处 萧萧响 和烟冷 飞不定 秋水外 随潮舞 如云起 "
        "迎风舞",
    ),
    "chrysanthemum": (
        "黄菊 秋菊 寒菊 篱菊 残菊 金菊 野菊",
        "几朵 满院 陌上 舍外 三径 数点 篱边 庭前 门前 墙头 阶前",
        "傍短篱 晚更香 带露香 冷更香 满袖香 入酒香 自在开 寂寞开 次第开 绕舍开 笑我来 待客来 似故人 "
        "淡似人 绽小园 傍小园 耐晚寒 不畏寒 傍篱开 为谁开 对人开 满山家 绕田家 晚香浓 淡无言 笑西风 "
        "送清香 满南山 近人香 映柴门 对芳樽 满篱根 香满袖 香未减 开未遍 初破蕊 金满径 堪佐酒 无人采 "
        "凌霜立 知人意 霜下好 如相识 人共淡 依然好",
    ),
    "lotus": (
        "荷花 莲花 芙蓉 红莲 菱花 新荷 菡萏 荷蕊 白莲 莲蕊",
        "十里 水面 曲岸 万柄 槛外 水上 池边 亭前 湖心 桥边 田田 江南 波心",
        "映水红 照水红 半吐红 带露红 十里红 十里香 过水香 入酒香 满袖香 入梦香 满野塘 照眼明 带露清 "
        "照影清 笑向人 似美人 拂客舟 绕画舟 冷不秋 出水新 一色新 拂水开 次第开 送清香 满池塘 入船香 "
        "透帘香 近人香 映清波 映朝霞 似红霞 映窗纱 近人家 映人家 画中开 镜中开 带烟开 水中央 立亭亭 "
        "晚风凉 夜生凉 似佳人 满汀洲 拂船头 绕兰舟 满前川 香满棹 红映水 开欲遍 擎翠盖 无限好 浮水面 "
        "香暗度 摇翠影 红相映 亭亭立 香风细 迎人笑 临风舞 浮香远 清露滴 随波舞 遮画舫 如人面",
    ),
    "snow": (
        "飞雪 新雪 白雪 积雪 瑞雪 雪花 暮雪 残雪 大雪 晴雪",
        "一夜 万里 满院 陌上 四野 昨夜 塞上 江天 山前 门前 千家 江南 窗前 关山 天边",
        "满翠微 落钓矶 点客衣 舞四围 拥竹扉 满石阶 没马蹄 压竹低 与屋齐 覆古城 满古城 夜有声 照眼明 "
        "满客船 落钓船 满钓船 拥玉关 满汉关 压古关 没旧山 满钓舟 压小楼 满画楼 压径深 满远林 落无声 "
        "打窗声 万山明 照窗明 满江城 点窗纱 似梨花 似杨花 压梅花 扑帘旌 掩柴门 满前村 压孤村 净无尘 "
        "满弓刀 点征袍 压蓬蒿 满江皋 满群山 满关山 压寒梅 入帘来 入江流 迷古渡 封古道 封小径 迷野径 "
        "连天舞 漫天舞 随风舞 堆千嶂 封三径 飘无定 三尺厚 无人扫 凝竹叶 迷远近 明如昼 天地净 兼风舞 "
        "人迹少",
    ),
    "plum": (
        "寒梅 梅花 红梅 早梅 老梅 疏梅 江梅 野梅 数梅",
        "一树 几点 数点 岭上 驿外 几树 竹外 墙头 窗前 溪边 江边 篱边 桥边 山前",
        "独自开 照水开 忍冻开 犯雪开 向我开 映雪开 雪里香 暗送香 彻骨香 入梦香 带雪香 入酒香 数点红 "
        "几点红 照影清 彻骨清 入梦清 对月清 倚短墙 出短墙 报早春 已占春 伴雪眠 向南开 为谁开 破寒开 "
        "映窗开 送幽香 送清香 暗传香 倚东墙 笑相迎 影纵横 带冰清 远连村 笑迎人 似佳人 近窗纱 傍人家 "
        "瘦如仙 耐天寒 香暗度 香满袖 横浅水 初破蕊 开雪里 凝玉蕊 先得暖 斜照水 临风笑 迎人笑 无人问 "
        "凌寒立 浑不语 依竹立 如相识",
    ),
    "gulls": (
        "白鹭 沙鸥 白鸥 鸥鹭 野凫 鸳鸯 双鹭 水禽",
        "江上 浦口 几点 渡口 水面 两两 滩头 洲边 溪边 沙头 双双 池边",
        "掠水飞 傍水飞 自在飞 下钓矶 立钓矶 点翠微 立浅沙 宿浅沙 浴浅沙 立晚汀 下晚汀 逐浪轻 过水轻 "
        "逐客舟 傍客舟 立渡头 下远滩 浴远滩 立石滩 睡正酣 下水田 立水田 过渡船 傍水眠 对客眠 自在眠 "
        "立晚塘 下汀洲 立船头 戏中流 伴渔矶 背人飞 掠烟飞 不惊飞 傍沙眠 伴人眠 下平沙 立平沙 自忘机 "
        "正忘机 浴寒塘 下横塘 下方塘 近人行 逐船行 立江边 逐人来 下船来 闲照影 飞不去 来又去 浮水面 "
        "眠未醒 知客意 双双下 翩翩下 随潮去 随人去 依人宿 冲烟起 惊人起 忘机久 闲相伴 闲来去 沿溪去 "
        "浑不避",
    ),
    "rooks": (
        "归鸟 倦鸟 宿鸟 栖鸦 飞鸟 暮鸦 归鸦",
        "日暮 几点 树杪 郭外 数点 林间 云间 山前 天边 村前 枝头",
        "返故林 入暮林 宿远林 认旧林 入翠微 入暮烟 没远天 度远山 入远村 过小楼 绕树啼 傍户啼 入深林 "
        "宿寒林 噪疏林 噪空林 入云烟 入苍烟 过南山 下西山 背斜阳 背残阳 入斜阳 落前村 噪荒村 噪荒城 "
        "下平芜 入江天 绕林飞 趁云归 投林去 穿云去 知归处 纷纷下 声声乱 声初定 穿暮霭 投远树 争旧树 "
        "归古木 千万点 三两点 相呼去 依林宿",
    ),
    "oriole": (
        "黄莺 流莺 子规 黄鹂 娇莺 晓莺 春鸟 雏莺 好鸟 林鸟 百鸟",
        "树上 陌上 屋角 窗外 柳外 两两 窗前 枝头 林间 花间 门前 声声",
        "处处啼 尽日啼 傍户啼 绕树啼 唤客归 唤梦回 送好音 弄好音 语正浓 报晓晴 过短墙 唤人归 唤春归 "
        "劝春归 语花阴 啭花阴 弄新声 报新晴 弄新晴 过邻家 入谁家 恼人眠 趁春啼 绕枝啼 啼不住 啼未了 "
        "声声脆 声声慢 千百啭 穿绿叶 枝上语 花外语 鸣芳树 穿花语 迎春语 如人语 歌翠柳 惊晓梦 呼旧友 "
        "穿柳浪 歌碧树 传好语 争暖树 窥客坐 飞上下 枝头闹 相呼唤 临窗语",
    ),
    "swallow": (
        "新燕 归燕 飞燕 双燕 海燕 小燕 乳燕 紫燕 燕子 梁燕",
        "陌上 屋角 水面 社后 两两 柳外 楼前 檐前 双双 江南 堂前 帘前",
        "掠水飞 入户飞 剪水飞 贴水飞 趁晚晴 语画梁 绕画梁 认旧梁 过短墙 认旧巢 觅旧巢 补旧巢 傍小楼 "
        "入晚烟 入谁家 认人家 语窗前 过墙头 语帘前 话窗前 舞风前 掠清波 剪清波 逐人飞 带泥归 近人飞 "
        "剪风飞 语雕梁 绕雕梁 趁风来 认巢来 双双语 双双舞 衔泥去 寻巢去 依人语 穿帘入 飞入户 裁柳叶 "
        "穿柳去 来几日 迎面过 寻旧垒 轻似剪 临风舞 窥帘语 随人入 商量语 斜飞去",
    ),
    "geese": (
        "归雁 鸿雁 征雁 孤雁 旅雁 断雁 雁阵 雁字",
        "塞上 万里 昨夜 云外 几点 渡口 一片 天边 云间 江南 楼头 长空 关山 天涯",
        "去不回 过小楼 带暮愁 叫客愁 入楚天 没远天 断续声 下远汀 宿晚汀 度远空 没远空 几点轻 向楚飞 "
        "带月飞 度岭飞 落浅沙 宿浅沙 带月鸣 寄信来 向客来 渡水来 又几行 没几行 入水乡 渡古关 没暮云 "
        "过西楼 下汀洲 宿沙洲 叫清秋 带离愁 下平沙 落平沙 宿芦花 向南飞 背人飞 度关山 叫关山 过江南 "
        "过潇湘 下潇湘 叫寒霜 字成行 度重城 叫寒云 没寒云 叫黄昏 带书来 声渐远 传远信 归极浦 南飞尽 "
        "天边没 行行远 声声断 横天际 惊寒早 随云远 书不到 何处宿 千万里 衔芦去 惊客梦 寒水宿",
    ),
    "bell": (
        "钟声 暮钟 晨钟 疏钟 古钟 晓钟 寺钟 远钟",
        "寺里 云外 岭上 两岸 古寺 隐隐 山间 林间 云间 山前 天边 溪边",
        "出翠微 渡水来 入夜来 落晚风 出晚烟 破晓烟 落暮云 到枕边 散远林 出远林 度远村 入水云 断客魂 "
        "动暮愁 落小舟 过小楼 出烟林 渡江来 带云来 过溪来 落江城 出林端 度前山 满空山 下层峦 出云间 "
        "渡寒塘 送斜阳 破清秋 到江楼 落江头 过松门 报黄昏 度江天 报平安 云外起 云外响 山外远 何处寺 "
        "催落日 催暮色 敲暮色 敲月落 听未了 和月落 随风远 随云起 穿林远 惊山鸟 声声慢 惊宿鸟 敲客梦 "
        "余韵远",
    ),
    "flute": (
        "笛声 玉笛 短笛 长笛 渔笛 横笛 晚笛",
        "水上 江上 月下 何处 渡口 一曲 柳下 谁家 楼头 江边 风前 城头 桥边",
        "起小楼 满戍楼 入戍楼 起暮愁 渡水来 动客情 诉旧情 入夜清 月下清 弄晚风 怨晚风 逐晚风 起暮山 "
        "断客肠 怨夜长 满画船 过远村 不忍闻 断梦魂 落梅花 怨梅花 怨年华 动离愁 满江楼 逐人来 下沧浪 "
        "过横塘 断人肠 起江村 满江村 入云间 入关山 怨关山 度前川 送斜阳 落江城 到三更 吹不尽 吹夜月 "
        "声声怨 声声远 吹离恨 惊归梦 随风去 听不厌 听未了 吹客泪 惊宿鹭 和烟起 无寻处 随流水",
    ),
    "insects": (
        "虫声 蛩声 寒蛩 秋虫 暗虫 草虫",
        "四壁 砌下 草际 满院 唧唧 夜夜 墙根 阶前 窗前 灯前 床前 篱边",
        "绕砌鸣 傍枕鸣 彻夜鸣 满砌鸣 到晓鸣 断续鸣 诉晚凉 入梦凉 满夜窗 傍绿窗 伴客愁 语暮秋 入梦来 "
        "伴不眠 满空庭 伴残更 到三更 伴孤灯 满阶前 伴无眠 诉新愁 又惊秋 报新秋 近人床 近匡床 怨西风 "
        "诉离人 对离人 响空堂 鸣不住 声渐远 声断续 鸣砌下 喧石砌 吟暗壁 声如诉 阶前语 声声怨 惊秋梦 "
        "听不尽 吟未了",
    ),
    "rain": (
        "细雨 夜雨 春雨 秋雨 暮雨 疏雨 烟雨 寒雨 雨声 小雨 微雨 冷雨 山雨",
        "一夜 窗外 江上 点点 昨夜 枕上 陌上 十里 江南 檐前 灯前 楼前 山前 潇潇 溪边 空阶",
        "入小楼 满客舟 湿小舟 洗暮秋 滴未休 点点愁 湿客衣 透客衣 满翠微 湿钓矶 润碧苔 渡水来 入夜来 "
        "过岭来 到枕边 湿晓烟 似暮烟 冷画屏 点点声 不住声 打夜窗 入梦凉 送晚凉 湿野塘 湿落花 暗小村 "
        "暗远村 入竹林 湿征衣 湿罗衣 暗柴扉 滴残更 到三更 到天明 打窗声 暗江城 洗新秋 满汀洲 湿帘钩 "
        "暗江楼 打篷窗 过横塘 润垂杨 湿窗纱 湿梨花 湿芦花 湿残红 滴灯前 暗江天 润平川 伴愁眠 暗孤村 "
        "闭重门 入江来 过溪来 似游丝 润田家 敲竹叶 敲瓦响 滴不尽 滴未了 随风至 疏还密 如丝细 如酥润 "
        "侵书幌 侵灯影 敲窗响 连江暗 和烟下 声不断 沾草色 生水面 添远水 催客梦 随云过",
    ),
    "cloud": (
        "白云 孤云 闲云 流云 浮云 暮云 片云 野云 冻云 晓云",
        "岭上 天外 片片 江上 屋角 朵朵 四面 天边 门前 山中 窗前 松间 峰头",
        "入户来 过岭来 渡水来 去复来 自在飞 片片飞 傍岭飞 绕翠微 锁暮山 出远山 宿远山 与客闲 不肯还 "
        "宿古松 几万重 淡似烟 意自闲 没远空 入户凉 过草堂 入小楼 去不留 绕树深 宿竹林 伴野人 去悠悠 "
        "去还留 自悠悠 自东西 度前溪 出山来 傍山来 满空山 伴僧还 满柴门 绕山村 伴人行 带山行 影纵横 "
        "共谁闲 覆山房 过山房 满衣襟 出无心 过江城 到山家 似轻纱 无定处 来又去 闲胜我 归远岫 依石宿 "
        "随鹤去 浮空过 随风散 无人管 舒还卷 依山住 千万朵 遮远岫 留客住",
    ),
    "sunset": (
        "夕阳 残阳 斜阳 落日 晚霞 落霞 残照 落照",
        "一片 郭外 江上 古渡 几缕 树杪 西山 城头 江边 林间 天边 溪边 湖心",
        "照远村 下远山 照半山 满小楼 照画楼 在树梢 照古台 照碧苔 照客衣 满翠微 照水明 半岸明 照古城 "
        "染碧空 照水红 半岸红 万里红 满大江 照野塘 照短墙 满渡船 满江天 照江天 下平川 下孤城 照孤城 "
        "照空城 挂林端 下前山 染群山 照苍苔 映江红 照渔家 照山家 照征衣 下寒塘 过东墙 照柴门 下荒村 "
        "照扁舟 下江流 照平沙 到窗纱 入湖来 千嶂外 烟水外 无限美 归鸟外 明远浦 移树影 沉远岫 平芜外 "
        "浮金浪 山半紫 红似火 沉江底 催客去 疏林外 鸦影乱",
    ),
    "fisher": (
        "渔翁 渔父 渔人 钓叟 渔郎 钓翁 渔叟 渔子 钓客 渔家",
        "江上 浦口 柳下 渡口 两个 笑语 溪头 江边 滩头 溪边 江南 扁舟",
        "卧钓舟 泛小舟 下石滩 坐钓台 醉未回 唱晚归 系缆归 带笠归 荷笠归 坐石矶 睡正酣 卧晚烟 不记年 "
        "对月眠 抱酒眠 枕棹眠 不羡仙 不用钱 弄笛声 弄晚晴 酒半醒 醉晚风 一笑逢 卧船头 不知愁 不知秋 "
        "卖鱼归 唱歌归 不曾归 坐苔矶 自高歌 老烟波 钓清波 泊芦花 住芦花 醉中眠 枕蓑眠 老江边 坐江边 "
        "钓寒江 弄沧浪 换村醪 话渔樵 立溪桥 趁潮来 收钓罢 收网去 摇橹去 垂钓处 无俗虑 沽酒去 披蓑坐 "
        "凭舷坐 鸣榔去 停桡语 迎人笑 相逢笑 收竿坐 何所有 闲数鸟 浑忘世 来又去",
    ),
    "farmer": (
        "田翁 农夫 野老 村翁 老农 邻翁 邻叟",
        "陌上 垄上 舍外 桑下 雨后 树下 溪头 篱边 村中 田间 门前 东邻",
        "话岁丰 带月归 趁月归 踏月归 趁雨耕 趁晓耕 自在耕 话晚晴 劝客留 唤客留 抱瓮来 唤酒来 卧柳阴 "
        "坐树阴 话树阴 酒半醺 不锁门 不掩门 醉晚烟 话往年 共举觞 插稻忙 荷锄归 驾牛归 带禾归 话桑麻 "
        "种胡麻 种桑麻 劝加餐 立斜阳 插秧忙 坐篱边 笑相留 喜新秋 喜春晴 趁春耕 闭柴门 候柴门 倚柴门 "
        "话丰年 种山田 送瓜来 抱孙来 劝深杯 相对饮 迎客坐 闲话旧 留客饭 邀客饮 忙未了 扶犁去 浇瓜罢 "
        "闲来往 扶藜立 看云坐 炊新黍 尝新酒 逢人笑 浇菜罢 驱犊去 田事了",
    ),
    "herdboy": (
        "牧童 牧儿 村童 牧竖",
        "陌上 垄上 柳下 树下 溪头 村前 田间 桥边 江边 林间",
        "弄笛归 跨犊归 睡草坡 卧草坡 唱晚歌 戏浅滩 弄晚风 跨牛归 不知归 唱山歌 指前村 扑飞花 弄斜阳 "
        "过溪桥 笑相迎 踏歌来 骑犊去 横笛坐 骑牛去 横笛去 相逐去 寻犊去 吹叶笛 歌未了 眠树下",
    ),
    "monk": (
        "山僧 老僧 野僧 高僧 禅师 寺僧 老衲 释子 衲子 长老",
        "林下 竹里 石上 寺里 月下 云间 岩前 松间 林间 溪边 庵中",
        "独掩门 扫石苔 踏月归 渡水归 补衲衣 坐翠微 半日闲 与鹤闲 日日闲 定未还 不下山 对晚山 坐石床 "
        "煮茗香 坐到明 语未终 倚短筇 坐晚风 卧晚风 不记年 抱月眠 枕石眠 不出林 坐竹林 掩松关 共云闲 "
        "倚栏杆 汲清泉 坐参禅 独敲钟 坐松风 扫松花 煮山茶 煮春茶 煮新茶 坐焚香 卧云间 送人归 闭柴扉 "
        "倚松门 闭山门 坐忘言 扫苍苔 过桥来 对青灯 坐三更 无一事 忘岁月 归古寺 看贝叶 焚香坐 看云坐 "
        "翻经罢 敲钟罢 相逢笑 无言坐 携筇去 谈空久 浑忘我 闲补衲 迎客至 烹茗待",
    ),
    "temple": (
        "古寺 山寺 野寺 萧寺 梵宫 禅院 苔径 山门 禅房",
        "岭上 竹外 一径 云外 松下 隐隐 云间 山中 溪边 林间 峰前 桥边",
        "锁翠微 掩翠微 闭晚烟 锁碧云 隐暮云 对远峰 入翠阴 竹影深 草木深 少客来 满碧苔 鸟语闲 落叶多 "
        "晚磬清 暮磬清 古木青 落叶声 塔影长 柏子香 近水滨 倚层峦 隐云间 锁云间 绕清泉 入云深 绿阴深 "
        "柏森森 掩松风 起松风 野花开 遍苍苔 鸟空啼 磬声清 暮烟横 夜灯明 对斜阳 夜焚香 少人行 少尘埃 "
        "住高僧 掩松门 依绝壁 藏绿树 青嶂里 无客到 云深处 依山起 钟初动 闻清磬 穿林转 临流水 松阴满 "
        "苔痕满 多幽趣 红叶里 灯火静",
    ),
    "cottage": (
        "茅屋 柴门 小村 竹篱 草堂 山村 江村 茅舍 荒村 小园 村舍 小院 草舍 野店",
        "郭外 岭下 渡口 几处 柳外 水畔 桥边 江南 溪边 林间 山前 湖边",
        "傍水湾 对远山 枕碧山 倚碧溪 绕碧溪 枕小溪 半掩扉 近钓矶 向水开 静不开 倚竹林 近水滨 翠作邻 "
        "昼不喧 起晚烟 袅晚烟 在水边 半亩田 暮色中 鸟语中 翠影中 落照明 稻米香 向夕阳 对晚秋 水自流 "
        "枕碧流 枕溪流 树阴稠 对青山 隐疏林 暮烟深 绕清溪 午鸡啼 水平堤 少尘埃 傍江开 野花开 两三家 "
        "掩篱笆 遍桑麻 入云中 稻花香 菜花香 豆苗长 绿阴凉 晚炊香 夜灯明 少人行 鸟声喧 临野渡 依古树 "
        "炊烟起 炊烟袅 鸡声早 三四户 无俗客 花满径 依溪住 门常掩 青山下 无尘事 桑麻绿 疏林外 斜阳里 "
        "鸡犬静 灯火暖 松竹里",
    ),
    "lamp": (
        "孤灯 寒灯 残灯 青灯 一灯 烛影 短烛 灯影",
        "壁上 案上 半夜 此夜 一点 枕畔 窗前 床前 楼头 帘前 书斋 今宵",
        "照夜窗 伴夜长 影半窗 照独眠 照不眠 伴不眠 照影单 照夜寒 照壁明 暗又明 照鬓丝 照旧诗 照我愁 "
        "伴客愁 照客心 照苦吟 照梦魂 落烬频 照故衣 影自微 照旧书 影自孤 伴愁眠 照无眠 照离人 伴离人 "
        "照残更 到天明 照空床 照残书 影模糊 照清愁 伴人愁 照人愁 照帘钩 照单衣 伴长吟 照窗纱 照天涯 "
        "不成花 明复暗 光欲灭 青一点 摇四壁 人独坐 花落尽 如豆小 挑不尽 窥人梦 人初静 光如豆 无人剪 "
        "无言对 摇窗影 留客坐",
    ),
    "wanderer": (
        "征人 归客 行人 游子 孤客 旅人 离人 故人 远客 客子",
        "江上 陌上 客里 万里 岁岁 海角 马上 几度 天涯 天边 楼头 江边 他乡 关山 今宵",
        "独倚楼 几度愁 泪不收 尚未归 不得归 几日归 泪湿衣 泪满衣 梦里归 独掩扉 泪满巾 忆故园 梦故园 "
        "望故山 独倚栏 独自看 未肯眠 夜不眠 望故乡 忆故乡 鬓已霜 欲断肠 泪两行 路正长 对夜灯 意未平 "
        "忆旧盟 又一年 梦几回 望几回 酒一杯 尽登楼 怕登楼 又经秋 不堪愁 未言归 泪沾衣 泪沾襟 望烟林 "
        "忆江村 念家山 望乡关 意阑珊 未曾还 梦江南 忆江南 望江天 两茫茫 鬓成霜 不胜情 坐三更 梦难成 "
        "尽思家 梦还家 立黄昏 暗销魂 首重回 几时来 何处去 归路远 音信断 无限恨 无限意 空怅望 谁共语 "
        "愁不寐 思往事 千里梦 频回首 凭栏望 凭栏久 思乡久 听风坐 听归雁 无言坐 无人语 寻归路 频搔首 "
        "书未寄 乡梦断",
    ),
    "drinker": (
        "醉客 酒客 主人 老友 野客 诗客 狂客 旧友 故友 邻友 诗人 高人 狂生",
        "座上 月下 醉里 此夜 陌上 竹下 花间 楼头 灯前 樽前 今宵 江南 山中",
        "举玉杯 酒一杯 劝我杯 又几杯 共一杯 醉不归 自放歌 意更浓 话旧踪 酒满瓯 解百忧 不用愁 醉未休 "
        "笑语频 笑语温 酒满樽 共一樽 醉欲眠 枕石眠 劝我留 笑语哗 话夜阑 尽夜欢 对晚山 醉几场 尽余杯 "
        "醉千杯 尽深杯 对花眠 尽余欢 不知寒 卧花阴 对青山 醉忘归 未言归 醉高歌 醉流霞 对黄花 话平生 "
        "共芳樽 话前尘 又重逢 醉颜红 踏歌行 不须愁 笑声扬 同醉倒 呼酒起 高歌罢 相对饮 频劝酒 斟绿酒 "
        "狂欲舞 浑忘世 相逢笑 邀明月 临风笑 歌声起 言未尽 留客醉 谈往事 忘主客",
    ),
    "wine": (
        "浊酒 绿酒 新酒 村酒 美酒 芳樽 清樽 玉杯 金樽 薄酒 家酿",
        "月下 陌上 座上 此夜 竹下 几盏 花间 窗前 灯前 今宵 田家 篱边 炉边",
        "照鬓红 醉晚风 酌晚晴 酌落花 解客愁 洗客愁 破旧愁 对故人 劝故人 酌故人 暖客心 慰客心 对夜灯 "
        "对晚山 对小园 酌未残 送夕阳 对草堂 味正长 送流年 醉花前 酌花前 对青山 解愁颜 对黄昏 酌黄昏 "
        "照人红 对春风 话平生 慰平生 正堪携 送斜晖 破离愁 伴高歌 对梅花 泛桃花 共谁倾 泛流霞 醉邻家 "
        "待人来 待君来 莫相催 对寒梅 暖如春 洗征尘 胜千金 香满座 堪醉客 斟未满 斟满盏 浇旧恨 无人共 "
        "邀谁共 何须问 人同醉 三两盏 酬知己 浓似蜜 留客住 消永夜 温又冷",
    ),
    "lotus_girl": (
        "越女 吴娃 女伴 小女 吴女 溪女 邻娃 村姑",
        "湖上 水上 十里 日暮 浦口 江南 溪边 波心 湖心 田田",
        "弄碧波 弄浅波 荡小舟 笑语柔 采藕归 趁月归 湿翠衣 棹晚凉 笑语香 采莲回 唱歌回 荡舟回 映荷花 "
        "入荷花 唱菱歌 过横塘 语声长 采新莲 不知还 湿罗衣 惜红衣 戴花行 歌未了 摇桨去 归棹晚 相唤去 "
        "回首笑 相呼去 含羞笑 相随去 迎风笑 停桡语 迷归路 花里语 沾翠袖",
    ),
    "outing": (
        "游人 佳人 少年 公子 士女 诗客 游女 诗人 王孙 邻娃 村姑",
        "陌上 渡口 柳下 水畔 日日 湖上 江边 花间 桥边 郊原 村前 江南",
        "踏翠来 走马来 载酒来 带笑来 不忍归 醉不归 未肯归 拾翠归 惜落花 笑语中 醉晚风 插满头 上画楼 "
        "醉未休 笑语喧 上画船 鬓影香 拂袖香 踏碧莎 共放歌 踏青来 踏歌来 上高台 踏青归 醉中归 绕芳丛 "
        "笑春风 醉春风 坐花阴 倚红楼 上兰舟 尽寻芳 笑声扬 画桥东 共谁行 放风筝 尽簪花 醉流霞 斗新妆 "
        "惜芳辰 饯残春 寻旧路 歌陌上 相逐去 相逢处 吟未了 花下坐 争笑语 寻芳去 携樽去 扬鞭去 穿花过 "
        "凭栏笑 贪春色 题好句 忘日暮",
    ),
    "sands": (
        "黄沙 大漠 平沙 沙碛 荒漠 瀚海 流沙 戈壁",
        "万里 塞上 极目 塞外 日暮 莽莽 茫茫 无边 天边 关前 胡天 迢迢",
        "万里平 万里秋 万里寒 绕古城 没古城 暗古城 入玉门 绕玉关 入远天 暗夕阳 鸟不飞 没古台 起朔风 "
        "卷朔风 远连云 远连天 没孤城 绕孤城 断人行 浩无垠 入昆仑 阔无边 起苍烟 暗关山 路漫漫 雁飞低 "
        "草萋萋 少人烟 冷如霜 带斜阳 暮苍苍 映斜阳 入凉州 没荒丘 草先秋 少人来 接天回 连塞草 无尽处 "
        "埋战骨 迷战马 千里暗 三万里 无人迹 连天起 无飞鸟 寒如水 人行少 平如掌 风不定 迷远客 云似墨",
    ),
    "fortress": (
        "孤城 边城 古关 戍楼 玉门 阳关 雁门 长城 古堡 边关",
        "万里 塞上 大漠 日暮 极塞 九月 关山 天边 云间 沙头 迢迢 秋来",
        "画角哀 落日黄 暮色苍 鼓角长 草木黄 闭暮云 锁暮云 倚暮云 落日圆 锁暮烟 入暮寒 月色寒 对雪山 "
        "倚雪山 夜色清 鼓角声 画角声 入远空 锁朔风 起朔风 草木秋 倚戍楼 雁影稀 铁骑回 战鼓催 角声哀 "
        "雁飞回 带斜阳 倚斜阳 夜飞霜 月如霜 雪茫茫 角声残 月初弯 锁寒烟 起狼烟 断炊烟 月孤悬 暮云平 "
        "月华明 夜闻更 入云横 草连云 带边声 起悲风 动悲风 雪花飞 鼓声催 笼暮霭 临绝塞 斜照里 孤雁过 "
        "烽火起 吹画角 依山立 闻吹角 秋风起 旌旗动 笳声起 连沙漠 无草木 千帐静 沙漠里",
    ),
    "soldier": (
        "征人 戍卒 将军 壮士 战士 老将 戍客 征夫 健儿",
        "塞上 马上 阵上 帐下 碛里 夜夜 关前 城头 楼头 军中 沙场 天山",
        "未解衣 泪满衣 尚未归 几个归 抱剑眠 枕剑眠 夜不眠 望故乡 忆故乡 鬓已霜 夜控弓 意气雄 气若虹 "
        "百战功 夜点兵 夜出城 射虎回 破虏回 尽举杯 独倚楼 戍陇头 望陇云 报主恩 望玉门 望玉关 誓不还 "
        "度雪山 夜巡城 守孤城 请长缨 不言功 夜弯弓 望乡关 未生还 抱戈眠 念家山 泪沾裳 卧沙场 老沙场 "
        "逐天骄 夜磨刀 拭弓刀 望神州 倚危楼 戍凉州 战黄昏 靖边尘 立功归 射雕回 鬓成霜 几人回 思故里 "
        "横剑立 横槊立 听画角 闻战鼓 驰铁骑 听刁斗 扬鞭去 弯弓射 披霜立 凭城望 提刀立 无家信 思往事 "
        "挥剑起 家万里 鞭战马",
    ),
    "ruins": (
        "故垒 荒城 古殿 故宫 旧苑 荒台 古道 废寺 残垒 故国 旧都",
        "郭外 万古 寂寞 几处 日暮 渡口 江边 山前 江南 城西 溪边 前朝",
        "草木深 锁暮云 卧夕阳 卧晚烟 锁暮烟 草木秋 一片秋 落照中 晚照中 付晚风 没草中 几变迁 不记年 "
        "没野蒿 满碧苔 上碧苔 燕自来 草自生 暮色横 暮雨声 宿乱鸦 噪暮鸦 草萋萋 鹧鸪啼 乱鸦啼 几兴亡 "
        "对斜阳 卧斜阳 草茫茫 没蓬蒿 长莓苔 委蒿莱 没蒿莱 几人来 野花开 野花香 起秋风 夕阳中 属前朝 "
        "忆前朝 草连天 锁寒烟 一千年 少人行 几春秋 古今愁 事如烟 无人问 空寂寞 残照里 斜照里 眠石马 "
        "荒草遍 生野草 依旧在 成往事 人去后 狐兔走 多古意 埋荒草 空流水 千年事 英雄尽 繁华尽 笙歌断 "
        "烟雨里",
    ),
    "parting": (
        "离亭 长亭 渡口 津亭 驿路 古道 南浦 古渡 江岸",
        "日暮 万里 陌上 此日 昨夜 十里 江南 天涯 城西 桥边 关山 今朝 年年",
        "送客舟 送别愁 柳色秋 柳色新 送故人 送远人 别意深 别泪深 落叶深 酒一杯 劝酒杯 落日时 柳万枝 "
        "柳万条 草色齐 马不前 落日天 酒未干 握手难 柳絮飞 泪湿衣 暮色寒 雁影寒 唱渭城 别有情 送客行 "
        "送远行 柳色黄 酒半酣 起晚风 暮霭中 草萋萋 马频嘶 柳依依 送人归 不同归 柳如烟 草连天 别经年 "
        "唱阳关 水茫茫 断人肠 泪千行 水悠悠 系行舟 泪先流 酒初醒 不胜情 送君行 送行人 独销魂 酒盈樽 "
        "去无踪 各西东 一樽同 尽余杯 首重回 雪花飞 雨纷纷 暗销魂 垂柳下 斜照里 人去后 挥手去 频劝酒 "
        "云万里 千里路 君莫问 人将远 鞭初动 杨花落 离歌起 频回首 三杯酒 何年会 芳草远 云树远 帆影远",
    ),
    "solitude": (
        "酒醒 梦回 夜深 夜阑 更残 灯残 人静 曲终 客散 倚枕 独坐 倚栏 凭栏",
        "寂寞 夜夜 几度 客里 岁暮 此夜 今宵 天涯 他乡 寒窗 江边 空斋",
        "独倚楼 听水流 月满楼 万斛愁 数雁飞 月照扉 听雨声 听漏声 对短檠 数晓更 忆旧情 忆故人 少故人 "
        "泪满巾 枕簟凉 夜正长 忆故乡 独不眠 意未阑 影自单 独自看 四壁空 一枕风 月在东 落叶风 对落花 "
        "月满阶 雁未来 梦不来 怕登楼 思悠悠 月如钩 月当头 忆同游 忆山家 望天涯 在天涯 雨如丝 漏声迟 "
        "影相随 立苍苔 数寒更 一灯青 不成眠 夜如年 忆当年 意茫然 忆江南 月空圆 望长天 梦难成 掩重门 "
        "暗销魂 月昏黄 忆潇湘 忆年华 听寒蛩 听松风 待谁来 雪花飞 雨霏霏 愁不寐 思往事 无限意 千万绪 "
        "情未了 人不见 闻落叶 听断雁 空对月 听归雁 无人语 思前事 天将曙 虫声起 凭谁语 听夜雨 听雪落",
    ),
}
# What suits one season, hour, weather or setting only: a pattern, and where it may stand. Comparisons may
# stand anywhere.
SUITS = (
    ("[春莺燕桃杏絮芳梨鹃鹂]|子规|杨花|踏青|嫩寒|东风|海棠|[乱残落]红|拾翠|插秧|啼", "春"),
    ("[荷莲蝉菱藕]|熏风|芙蓉|菡萏", "夏"),
    ("[秋雁枫菊芦荻蛩虫鸿桐]|黄花|[落黄红霜残]叶|西风|蒹葭|叶[多深声风]", "秋"),
    ("[雪梅冰冻]|朔风|北风", "冬"),
    ("[寒冷霜衰]", "秋冬"),
    ("凉(?!州)", "夏秋"),
    (
        "(?<![芦荻梅荷黄雪菱松莲梨桃杏杨成])花|青青|萋萋|草色|新柳|新竹|绿[阴成满未柳依映摇]|乳燕|[豆瓜]|插稻",
        "春夏",
    ),
    ("柳丝|绿柳|翠柳|烟柳", "春夏"),
    ("瓜|新秋|稻米|稻花|带禾|新黍", "夏秋"),
    ("阴稠|阴凉|翠影|树阴|柳阴", "春夏秋"),
    ("夕|[落残斜][日阳霞照晖]|晚[^更]|暮|霞|昏|归[鸟鸦]|倦鸟|日暮", "暮"),
    ("[夜月灯烛梦漏蟾宵]|[残三寒晓]更|更残|不寐|无眠|不眠|愁眠|清辉|星|炬|将曙|虫|蛩|枕", "夜"),
    ("[晓晨]|朝霞", "晨"),
    ("[眠宿]", "暮夜"),
    ("午鸡|昼", "昼"),
    ("[雨湿]|蓑|润|潇潇", "雨"),
    ("[月星霞晴蟾晖]|清辉|[夕斜残]阳|[斜残晚落]照|落日|映日", "晴"),
    ("[雪]|冻云", "雪"),
    ("翠欲流|[翠碧][成作四]|更青|点青|中青|青不断|青如染|远翠|空翠", "晴阴雨"),
    ("戍|弓刀|征袍|[玉汉古]关|天山", "边"),
    ("塞|关山", "边客"),
    ("荒|[孤古空]城|城头", "边客古"),
    ("[江村湖溪汀洲船舟艇钓渡竹柴僧茶庭松篱屋窗树渔]|水上|柳下|晚钟|[画小]楼|山房|草堂", "野客古"),
    ("离|断肠|客魂|客泪", "野边客"),
)
DIMENSIONS = ("春夏秋冬", "晨昼暮夜", "晴阴雨雪", "野边客古")
SETTINGS = {"边塞": "边", "江行": "客", "月夜": "客", "秋思": "客", "思乡": "客", "送别": "客", "怀古": "古"}

# What the lexicon could say but a Tang poet said first.
KNOWN = (
    "大雪满弓刀 孤云无定处 孤客未言归 孤灯暗又明 平沙万里秋 故垒野花开 斜阳照客衣 旅雁向南飞 "
    "春水碧于天 春雨如丝细 晓风吹不尽 曲终人不见 月色明如昼 枫叶落纷纷 残照下前山 江水东流去 "
    "流水去茫茫 流莺过短墙 游子泪沾衣 烟波绕钓矶 离人无限意 秋水远连天 秋风动客衣 秋风吹不尽 "
    "繁花寂寞开 繁花满树红 落叶无人扫 行人欲断肠 西风满客衣 轻舟入暮烟 邻翁相对饮 长亭柳万条 "
    "鸳鸯立钓矶 黄鹂惊晓梦 扁舟过洞庭 秋菊为谁开 老将守孤城 黄菊为谁开 桃花逐水流 微雨湿梨花 "
)

# -- the themes: title, seasons, hours of the four lines, weather; and what each line may speak of

THEMES = (
    (
        "山居",
        "春夏秋",
        "昼昼暮夜 昼暮暮夜 昼昼昼暮",
        "晴阴",
        "mountain cottage grove",
        "grove cloud water",
        "rooks monk bell cloud",
        "monk bell moon farmer",
    ),
    (
        "江行",
        "春秋",
        "昼昼暮夜 昼暮暮暮 晨昼昼暮",
        "晴阴",
        "boat water mountain",
        "mountain willow reeds wind",
        "gulls geese flute sunset",
        "wanderer boat fisher",
    ),
    (
        "月夜",
        "春秋",
        "夜夜夜夜 暮夜夜夜",
        "晴",
        "moon",
        "water wind grove boat",
        "flute insects geese bell",
        "wanderer solitude",
    ),
    (
        "对酒",
        "春秋冬",
        "暮暮夜夜 昼暮暮夜",
        "晴阴雪",
        "wine cottage",
        "blossom petals chrysanthemum plum snow wind",
        "wine moon flute",
        "drinker",
    ),
    (
        "送别",
        "春秋",
        "昼昼暮暮 昼暮暮暮",
        "晴阴",
        "parting",
        "willow mountain wind water",
        "boat geese sunset flute",
        "wanderer boat water",
    ),
    (
        "边塞",
        "秋冬",
        "昼暮暮夜 暮暮夜夜",
        "晴阴雪",
        "fortress sands",
        "sands wind snow cloud",
        "geese flute fortress sunset",
        "soldier",
    ),
    (
        "秋思",
        "秋",
        "昼暮暮夜 暮暮夜夜",
        "晴阴",
        "leaves wind reeds",
        "water mountain chrysanthemum",
        "geese insects rooks",
        "wanderer solitude moon",
    ),
    (
        "春游",
        "春",
        "昼昼昼暮 昼昼暮暮 晨昼昼昼",
        "晴阴",
        "blossom petals wind willow cottage",
        "willow water mountain",
        "swallow oriole swallow oriole gulls boat herdboy",
        "outing",
    ),
    (
        "雪意",
        "冬",
        "昼昼暮夜 暮暮夜夜 昼昼昼暮",
        "雪",
        "snow",
        "mountain water grove cottage",
        "plum boat cloud",
        "fisher drinker wine plum",
    ),
    (
        "渔父",
        "春夏秋",
        "昼昼暮暮 昼暮暮夜 晨昼昼暮",
        "晴阴雨",
        "water boat rain",
        "reeds lotus mountain willow",
        "gulls cloud sunset wind",
        "fisher",
    ),
    (
        "古寺",
        "春夏秋",
        "昼昼暮暮 昼暮暮夜",
        "晴阴",
        "temple",
        "grove cloud leaves mountain",
        "bell rooks water",
        "monk",
    ),
    (
        "夜雨",
        "春秋",
        "暮夜夜夜 夜夜夜夜",
        "雨",
        "rain",
        "wind boat cottage water",
        "lamp insects bell",
        "wanderer solitude lamp",
    ),
    (
        "思乡",
        "秋冬",
        "昼暮暮夜 暮暮夜夜",
        "晴阴雪",
        "mountain water wind",
        "leaves sunset snow cloud moon",
        "geese bell flute lamp",
        "wanderer solitude",
    ),
    (
        "田家",
        "春夏秋",
        "昼昼暮暮 晨昼昼暮 昼昼暮夜",
        "晴阴雨",
        "cottage",
        "willow water mountain rain grove",
        "swallow herdboy sunset rooks cloud",
        "farmer wine",
    ),
    (
        "采莲",
        "夏",
        "昼昼暮暮 昼暮暮夜 晨昼昼昼",
        "晴阴",
        "lotus",
        "water wind willow",
        "gulls boat sunset flute",
        "lotus_girl moon",
    ),
    (
        "怀古",
        "春秋",
        "昼暮暮暮 昼昼暮暮 昼暮暮夜",
        "晴阴",
        "ruins",
        "water mountain leaves blossom petals",
        "rooks wind sunset swallow",
        "wanderer moon fisher ruins",
    ),
)
TONES = {"P": "level", "Z": "oblique"}
RHYMES = "阳阳阳尤尤尤先先先灰灰灰庚庚庚微微麻麻东东元删"  # as often as the lexicon has words for them
NUMERALS = "一二三四五六七八九十"


def suits(phrase: str) -> tuple[set[str], ...]:
    """The seasons, hours, weathers and settings in which a phrase may be said."""
    plain = re.sub("[似如].*", "", phrase)
    allowed = [set(dimension) for dimension in DIMENSIONS]
    for pattern, where in SUITS:
        if re.search(pattern, plain):
            for number, dimension in enumerate(DIMENSIONS):
                if set(where) <= set(dimension):
                    allowed[number] &= set(where)
    return tuple(allowed)


class Poet:
    """Composes poems whose lines it never uses twice."""

    def __init__(self, seed: int):
        self.random = random.Random(seed).random  # the one method whose numbers no Python version changes
        self.used = Counter()
        self.lines, self.known = set(), set(KNOWN.split())
        self.freedom, self.fitting = 1.5, {}
        self.lexicon = {
            name: [[(phrase, suits(phrase)) for phrase in dict.fromkeys(text.split())] for text in texts]
            for name, texts in LEXICON.items()
        }

    def pick(self, options):
        return options[int(self.random() * len(options))]

    def choose(self, options: list[str]) -> str | None:
        """One of the phrases, sooner those used least."""
        weighted = [(self.used[phrase] + self.freedom * self.random(), phrase) for phrase in options]
        return min(weighted)[1] if weighted else None

    def line(self, name: str, template: str, scene: tuple[str, ...], taken: set[str], rhyming: str | None):
        """A line on the subject `name`, or None where the lexicon has nothing that fits."""
        names, places, deeds = self.lexicon[name]
        parts = [(names, template[-5:-3]), (deeds, template[-3:])]
        if len(template) == 7:
            parts.insert(0, (places, template[:2]))
        line = []
        for phrases, wanted in reversed(parts):
            key = id(phrases), wanted, scene, None if line else rhyming
            if key not in self.fitting:
                self.fitting[key] = [
                    phrase
                    for phrase, allowed in phrases
                    if all(now in when for now, when in zip(scene, allowed, strict=True))
                    and all(
                        place == "*" or TONES[place] in tones(c)
                        for c, place in zip(phrase, wanted, strict=True)
                    )
                    and (line or rhyming is None or rhyming in rhyme_classes(phrase[-1], level=True))
                ]
            chosen = self.choose([phrase for phrase in self.fitting[key] if taken.isdisjoint(phrase)])
            if chosen is None:
                return None
            taken = taken | set(chosen)
            line.insert(0, chosen)
        text = "".join(line)
        return None if text in self.lines or text[-5:] in self.known else line

    def poem(self, theme: tuple, form: str) -> list[str]:
        """Four lines on the theme."""
        title, seasons, plans, weathers, *subjects = theme
        setting = SETTINGS.get(title, "野")
        for attempt in itertools.count():
            # Else the phrases used least, where they cannot stand together, would block the way.
            self.freedom = 1.5 + attempt / 30
            templates = self.pick(list(patterns(form).values()))
            season, hours, rhyming = self.pick(seasons), self.pick(plans.split()), self.pick(RHYMES)
            weather = self.pick([w for w in weathers if w != "雪" or season == "冬"] or ["阴"])
            taken, names, poem = set(), set(), []
            for template, hour, choices in zip(templates, hours, subjects, strict=True):
                open_names = [name for name in choices.split() if name not in names]
                if not open_names:
                    break
                name = self.pick(open_names)
                ending = rhyming if template[-1] == "P" else None
                line = self.line(name, template, (season, hour, weather, setting), taken, ending)
                if line is None:
                    break
                names.add(name)
                taken |= set("".join(line))
                poem.append(line)
            if len(poem) == 4:
                self.used.update(phrase for line in poem for phrase in line)
                self.lines |= {"".join(line) for line in poem}
                return ["".join(line) for line in poem]


def numeral(number: int) -> str:
    if number >= 100:
        hundreds, rest = divmod(number, 100)
        zero = "零" if 0 < rest < 10 else "一" if 10 <= rest < 20 else ""
        return NUMERALS[hundreds - 1] + "百" + zero + (numeral(rest) if rest else "")
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else NUMERALS[tens - 1]) + "十" * (tens > 0) + (NUMERALS[ones - 1] if ones else "")


def poems() -> list[dict]:
    """The entries of the file: author, title, paragraphs and id, as the full data has them."""
    poet, entries, counts = Poet(SEED), [], Counter()
    for number in range(max(PER_THEME.values())):
        for theme, form in itertools.product(THEMES, PER_THEME):
            if number >= PER_THEME[form]:
                continue
            one, two, three, four = poet.poem(theme, form)
            counts[theme[0]] += 1
            entries.append(
                {
                    "author": AUTHOR,
                    "paragraphs": [f"{one}，{two}。", f"{three}，{four}。"],
                    "title": f"{theme[0]}其{numeral(counts[theme[0]])}",
                    "id": f"sample-{len(entries) + 1:04}",
                }
            )
    return entries


def build() -> bytes:
    """The whole file, gzip with no time in its header."""
    return gzipped(json.dumps(poems(), ensure_ascii=False, indent=0).encode())


if __name__ == "__main__":
    main(__doc__, TARGET, build)
